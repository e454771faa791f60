package workshop

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// edits are what a text has a learner change in the program, kept beside the sources: an overlay of the go tool.
type edits struct {
	t     *testing.T
	files map[string]string // as edited, by path
	plain map[string]string // as they are
	n     int
	last  string
}

func newEdits(t *testing.T, repo, step string) *edits {
	e := &edits{t: t, files: map[string]string{}, plain: map[string]string{}}
	names, err := filepath.Glob(filepath.Join(repo, "cmd/workshop", step, "done/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		e.files[name], e.plain[name] = string(source), string(source)
	}
	return e
}

// apply makes the edit of a block of diff: the lines with a minus stand somewhere, in a row but for their indentation, and
// those with a plus take their place.
func (e *edits) apply(p *part) {
	e.t.Helper()
	var old, new string
	for _, line := range p.body {
		switch {
		case strings.HasPrefix(line, "-"):
			old += line[1:] + "\n"
		case strings.HasPrefix(line, "+"):
			new += line[1:] + "\n"
		default:
			line = strings.TrimPrefix(line, " ")
			old, new = old+line+"\n", new+line+"\n"
		}
	}
	for name, source := range e.files {
		if strings.Count(source, old) == 1 {
			e.files[name] = strings.Replace(source, old, new, 1)
			return
		}
	}
	e.t.Fatalf("line %d: the program does not have, once:\n%s", p.line, old)
}

// overlay is the file for the go tool's flag, empty while nothing differs.
func (e *edits) overlay() string {
	e.t.Helper()
	replace := map[string]string{}
	for name, source := range e.files {
		if source == e.plain[name] {
			continue
		}
		e.n++
		file := filepath.Join(e.t.TempDir(), fmt.Sprintf("%d-%s", e.n, filepath.Base(name)))
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			e.t.Fatal(err)
		}
		replace[name] = file
	}
	if len(replace) == 0 {
		return ""
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		e.t.Fatal(err)
	}
	e.last = filepath.Join(e.t.TempDir(), "overlay.json")
	if err := os.WriteFile(e.last, raw, 0o600); err != nil {
		e.t.Fatal(err)
	}
	return e.last
}
