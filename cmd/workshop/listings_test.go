package workshop

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the listings into the texts")

// A listing stands in the sources between these.
const (
	cutMark = "// cut: "
	endMark = "// end"
)

// listings are the marked places of a program, by name, and its files without them.
func listings(t *testing.T, dir string) (cut map[string]string, rest map[string]string) {
	t.Helper()
	cut, rest = map[string]string{}, map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var open string
		var outside, inside []string
		for _, line := range strings.Split(string(source), "\n") {
			switch trimmed := strings.TrimSpace(line); {
			case strings.HasPrefix(trimmed, cutMark):
				open, inside = strings.TrimPrefix(trimmed, cutMark), nil
				outside = append(outside, line)
			case trimmed == endMark && open != "":
				cut[open] = unindent(inside)
				open = ""
				outside = append(outside, line)
			case open != "":
				inside = append(inside, line)
			case !strings.HasPrefix(line, "// Command "):
				outside = append(outside, line)
			}
		}
		if open != "" {
			t.Errorf("%s: the listing %s has no end", name, open)
		}
		rest[strings.TrimPrefix(name, dir)] = strings.Join(outside, "\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return cut, rest
}

// unindent takes from all lines the indentation of the first, and empty lines from both ends.
func unindent(lines []string) string {
	text := strings.Trim(strings.Join(lines, "\n"), "\n")
	indent := text[:len(text)-len(strings.TrimLeft(text, "\t"))]
	lines = strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], indent)
	}
	return strings.Join(lines, "\n")
}

// TestListings: every listing in a text is what the compiler has compiled, every place to fill in has its listing, and whoever
// fills in start by the text has done.
func TestListings(t *testing.T) {
	for _, step := range steps(t) {
		t.Run(step, func(t *testing.T) {
			cut, rest := listings(t, step+"/done")
			places, around := listings(t, step+"/start")
			if step == "00-run" { // which shows two programs that have nothing in common
				cut = places
			} else {
				for name, source := range rest {
					if around[name] != source {
						t.Errorf("start%s and done%s differ outside of the places to fill in", name, name)
					}
				}
				for name := range cut {
					if _, ok := places[name]; !ok {
						t.Errorf("start has no place %s", name)
					}
				}
			}
			text := readText(t, step)
			shown := map[string]bool{}
			lines := strings.Split(text.source, "\n")
			for i := len(text.parts) - 1; i >= 0; i-- { // from the end, so that line numbers stay
				p := &text.parts[i]
				if p.kind != "go" {
					continue
				}
				shown[p.arg] = true
				want, ok := cut[p.arg]
				if !ok {
					t.Errorf("line %d: done has no listing %q", p.line, p.arg)
					continue
				}
				if p.text() == want {
					continue
				}
				if !*update {
					t.Errorf("line %d: the listing %s is not that of the program; go test ./cmd/workshop -update writes it", p.line, p.arg)
					continue
				}
				lines = slices.Replace(lines, p.line, p.line+len(p.body), strings.Split(want, "\n")...)
			}
			for name, place := range places {
				if !shown[name] && place != cut[name] {
					t.Errorf("the text does not show what fills in the place %s", name)
				}
				if place != cut[name] && !strings.Contains(place, "FILL IN") {
					t.Errorf("start does not say what is to be filled in at the place %s", name)
				}
			}
			if *update && !t.Failed() {
				if err := os.WriteFile(step+"/README.md", []byte(strings.Join(lines, "\n")), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// steps are the folders, in order.
func steps(t *testing.T) (list []string) {
	t.Helper()
	names, err := filepath.Glob("[0-9]*/README.md")
	if err != nil || len(names) == 0 {
		t.Fatalf("no steps: %v", err)
	}
	for _, name := range names {
		list = append(list, filepath.Dir(name))
	}
	return list
}
