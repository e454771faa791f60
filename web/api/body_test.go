package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"
)

// FuzzBody holds the strict reader against encoding/json: what it takes is one
// JSON object in UTF-8, each name once, and its fields are the object's; what it
// refuses, it refuses with a problem.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"game":"tictactoe","seats":["open","bot:1"],"clock":{"initial":1000},"rated":true}`, `{"a":1,"a":2}`,
		`{"a":{"b":[1,2,{"c":null}]}}`, `[]`, `{"a":1}x`, "{\"a\":\"\xff\"}", `{"\u0061":1,"a":2}`, `{"clock":null,"seats":[null]}`,
		`{"game":"a","clock":{"perMove":1e3}}`, `{"game":{"x":"\ud800"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := ParseObject(body)
		if err != nil {
			var p *Problem
			if !errors.As(err, &p) || p.Status != 400 || !utf8.ValidString(p.Detail) {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		var want map[string]json.RawMessage
		if !utf8.Valid(body) || json.Unmarshal(body, &want) != nil || len(want) != len(o.fields) {
			t.Fatalf("%q was taken as %d fields, not %d", body, len(o.fields), len(want))
		}
		for name, value := range want {
			if !bytes.Equal(o.fields[name], value) {
				t.Fatalf("field %q of %q is %q, not %q", name, body, o.fields[name], value)
			}
		}
		takeAll(t, o)
	})
}

// takeAll reads the fields of a new match; they are all taken, or something is
// said to be wrong.
func takeAll(t *testing.T, o *Object) {
	count := len(o.fields)
	text, _ := o.Text("game")
	list, rated, clock := o.Texts("seats"), o.Flag("rated"), o.Inner("clock")
	if clock != nil {
		_ = clock.Number("initial")
		if err := clock.Done(); err != nil && err.Error() == "" {
			t.Fatal("refused without a word")
		}
	}
	if err := o.Done(); err == nil && count > 4 {
		t.Fatalf("%d fields, and nobody asked for one: %q %v %v", count, text, list, rated)
	}
}
