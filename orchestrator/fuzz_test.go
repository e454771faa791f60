package orchestrator

import (
	"bytes"
	"testing"

	"github.com/everturn/everturn/orchestrator/durable"
)

// FuzzHead: what decodes as a head encodes to bytes that say the same.
func FuzzHead(f *testing.F) {
	for _, change := range []head{
		{state: Running, name: "a"},
		{state: Completed, name: "b", version: "2", parent: "p", tags: map[string]string{"k": "v"}, custom: []byte("1"), output: []byte("2"), created: 5, started: 7, unique: true},
		{state: Failed, name: "c", reason: "r", fail: &Failure{Code: CodeTimeout, Message: "m", Props: map[string]string{"p": "q"}, Cause: Fail(CodeFailed, "cause")}},
	} {
		f.Add(change.encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodeHead(b)
		if err != nil {
			return
		}
		enc := h.encode()
		again, err := decodeHead(enc)
		if err != nil || !bytes.Equal(again.encode(), enc) {
			t.Errorf("%+v became %+v (%v)", h, again, err)
		}
		if _, err := StatusOf(durable.Snapshot{Head: b}); err != nil {
			t.Error(err)
		}
	})
}

// FuzzStartMeta: what decodes as the rest of a start encodes to bytes that say
// the same.
func FuzzStartMeta(f *testing.F) {
	for _, m := range []startMeta{
		{},
		{version: "2", parent: "p", tags: map[string]string{"k": "v", "l": "w"}, unique: true, first: &raised{name: "go", body: []byte("1")}},
	} {
		f.Add(m.encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decodeStartMeta(b)
		if err != nil {
			return
		}
		enc := m.encode()
		again, err := decodeStartMeta(enc)
		if err != nil || !bytes.Equal(again.encode(), enc) {
			t.Errorf("%+v became %+v (%v)", m, again, err)
		}
	})
}
