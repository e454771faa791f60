package workshop

import (
	"regexp"
	"strings"
	"testing"
)

// seen makes of what is to be seen a pattern that whole lines match, one after the other: "…" is anything within a line, a
// line of it any lines. JSON answers have no line break at their end, so none is asked for.
func seen(lines []string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?m)^`)
	for i, line := range lines {
		switch {
		case strings.TrimSpace(line) == "…":
			b.WriteString(`(?:.*\n)*?`)
			continue
		case i > 0 && strings.TrimSpace(lines[i-1]) != "…":
			b.WriteString(`\r?\n`)
		}
		for n, word := range strings.Split(line, "…") {
			if n > 0 {
				b.WriteString(`.*?`)
			}
			b.WriteString(regexp.QuoteMeta(word))
		}
		if i+1 < len(lines) && strings.TrimSpace(lines[i+1]) == "…" {
			b.WriteString(`\r?$\n?`)
		}
	}
	b.WriteString(`\r?$`)
	return regexp.MustCompile(b.String())
}

func TestSeen(t *testing.T) {
	for _, c := range []struct {
		want, got string
		yes       bool
	}{
		{`{"Count":5}`, `{"Count":5}`, true},
		{`5`, `15`, false},
		{`5`, "1\n5\n", true},
		{"a\nb", "a\nb\n", true},
		{"a\nb", "a\nx\nb\n", false},
		{"a\n…\nb", "a\nx\ny\nb\n", true},
		{"a\n…\nb", "a\nb\n", true},
		{"…\nb", "x\nb\n", true},
		{"a\n…", "a\nx\n", true},
		{`HTTP/1.1 202 …`, "HTTP/1.1 202 Accepted\r\nX: y\r\n", true},
		{`…"b":2…`, `{"a":1,"b":2,"c":3}`, true},
		{`…"b":3…`, `{"a":1,"b":2,"c":3}`, false},
		{"a.c", "abc", false},
	} {
		if got := seen(strings.Split(c.want, "\n")).MatchString(c.got); got != c.yes {
			t.Errorf("%q in %q: %v", c.want, c.got, got)
		}
	}
}
