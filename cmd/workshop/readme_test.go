package workshop

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// readme is a text, cut into what can be played.
type readme struct {
	step   string // the folder
	source string
	parts  []part
}

// part is a fenced block, or a quoted line.
type part struct {
	kind string   // sh, text, go, diff, hand
	arg  string   // what stands behind the kind
	body []string // lines
	line int      // where it begins
}

func (p *part) text() string { return strings.Join(p.body, "\n") }

// commands are the lines of a block of sh, those that a backslash continues put together.
func (p *part) commands() (list []string) {
	joined := strings.ReplaceAll(p.text(), "\\\n", " ")
	for _, line := range strings.Split(joined, "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			list = append(list, line)
		}
	}
	return list
}

// hand is how a line begins that hands play, not a shell.
const hand = "> In the browser: "

func readText(t *testing.T, step string) *readme {
	t.Helper()
	source, err := os.ReadFile(step + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	r := &readme{step: step, source: string(source)}
	if r.parts, err = cutText(r.source); err != nil {
		t.Fatalf("%s: %v", step, err)
	}
	return r
}

func cutText(source string) (parts []part, err error) {
	var block *part
	for n, line := range strings.Split(source, "\n") {
		info, fence := strings.CutPrefix(strings.TrimLeft(line, " "), "```")
		indent := ""
		if block != nil {
			indent = block.arg[:strings.IndexByte(block.arg, '|')]
		}
		switch {
		case fence && block == nil:
			kind, arg, _ := strings.Cut(info, " ")
			block = &part{kind: kind, arg: line[:strings.Index(line, "`")] + "|" + arg, line: n + 1}
		case fence:
			block.arg = block.arg[len(indent)+1:]
			parts, block = append(parts, *block), nil
		case block != nil:
			block.body = append(block.body, strings.TrimPrefix(line, indent))
		case strings.HasPrefix(strings.TrimSpace(line), hand):
			parts = append(parts, part{kind: "hand", arg: strings.TrimPrefix(strings.TrimSpace(line), hand), line: n + 1})
		}
	}
	if block != nil {
		return nil, fmt.Errorf("line %d: the block has no end", block.line)
	}
	return parts, nil
}

// TestCutText: the reader of texts finds what is there, and misses nothing.
func TestCutText(t *testing.T) {
	parts, err := cutText("# A\n\n1. Do\n\n   ```sh\n   one \\\n     two\n   # why\n   three\n   ```\n\n> In the browser: press it\n\n```text program\n…\n```\n")
	if err != nil || len(parts) != 3 {
		t.Fatalf("%v, %v", parts, err)
	}
	if got := parts[0].commands(); len(got) != 2 || got[0] != "one    two" || got[1] != "three" {
		t.Errorf("commands %q", got)
	}
	if parts[1].kind != "hand" || parts[1].arg != "press it" || parts[2].kind != "text" || parts[2].arg != "program" || parts[2].text() != "…" {
		t.Errorf("%+v", parts)
	}
	if _, err := cutText("```sh\nx"); err == nil {
		t.Error("a block without an end was taken")
	}
}
