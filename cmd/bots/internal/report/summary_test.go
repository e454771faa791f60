package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	var b strings.Builder
	if err := sample(t).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "summary.txt", b.String())
}

// TestTheBoxIsSquare: every line of the drawn box is as wide as the others, whatever is in it.
func TestTheBoxIsSquare(t *testing.T) {
	for _, clean := range []bool{true, false} {
		s := sample(t)
		if clean {
			s.Box = Box{Clean: true}
		}
		out := &text{}
		out.box(&s.Box)
		lines := strings.Split(out.String(), "\n")
		width := len([]rune(lines[0]))
		for _, line := range lines[:10] {
			if len([]rune(line)) != width {
				t.Errorf("%q has %d characters, not %d", line, len([]rune(line)), width)
			}
		}
	}
}

func TestTextOfAColouredTerminal(t *testing.T) {
	out := &text{paint: true}
	out.write(sample(t))
	if !strings.Contains(out.String(), "\x1b[1;31mMISSED") {
		t.Error("a missed requirement is not red")
	}
}

// TestTextIsHarmless: what servers and players said cannot steer a terminal.
func TestTextIsHarmless(t *testing.T) {
	s := sample(t)
	s.Failures = map[string]int64{"\x1b[2Jgone\n": 1}
	s.Box.Faults["lost"] = Fault{1, []string{"\x1b]0;title\a"}}
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\a") {
		t.Errorf("%q", b.String())
	}
}

// TestJSONFields holds the names of all fields, with their types, to a file: who reads the JSON relies on them.
func TestJSONFields(t *testing.T) {
	var b strings.Builder
	if err := sample(t).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal([]byte(b.String()), &v); err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]bool{}
	fields("", v, found)
	var list strings.Builder
	for _, path := range slices.Sorted(maps.Keys(found)) {
		fmt.Fprintf(&list, "%s %s\n", path, strings.Join(slices.Sorted(maps.Keys(found[path])), " or "))
	}
	golden(t, "fields.txt", list.String())
}

// TestREADMENamesAllFields: every field of the golden list stands in the README.
func TestREADMENamesAllFields(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile("testdata/fields.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		path, _, _ := strings.Cut(line, " ")
		if path == "" || strings.HasPrefix(path, ".nacks.") || strings.HasPrefix(path, ".closes.") || strings.HasPrefix(path, ".failures.") {
			continue // named by what was counted
		}
		name := strings.TrimSuffix(path[strings.LastIndex(path, ".")+1:], "[]")
		if !strings.Contains(string(readme), "`"+name+"`") {
			t.Errorf("README.md does not name %s (%s)", name, path)
		}
	}
}

// fields collects paths and types of all values.
func fields(path string, v any, found map[string]map[string]bool) {
	kind := "null"
	switch v := v.(type) {
	case map[string]any:
		kind = "object"
		for k, of := range v {
			fields(path+"."+k, of, found)
		}
	case []any:
		kind = "array"
		for _, of := range v {
			fields(path+"[]", of, found)
		}
	case float64:
		kind = "number"
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	}
	if found[path] == nil {
		found[path] = map[string]bool{}
	}
	found[path][kind] = true
}

func TestExitCode(t *testing.T) {
	missed, met := []Verdict{{Met: true}, {Met: false}}, []Verdict{{Met: true}}
	for _, c := range []struct {
		name     string
		clean    bool
		required []Verdict
		want     int
	}{
		{"all is well", true, met, 0},
		{"nothing required", true, nil, 0},
		{"a threshold missed", true, missed, 1},
		{"faults", false, met, 2},
		{"both", false, missed, 2},
	} {
		s := &Summary{Box: Box{Clean: c.clean}, Required: c.required}
		if got := s.ExitCode(); got != c.want {
			t.Errorf("%s: %d, not %d", c.name, got, c.want)
		}
	}
}
