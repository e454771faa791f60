package entities

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/orchestrator/durable"
)

func mustDecode(t testing.TB, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
}

// heads are heads with each of their parts.
func heads() []head {
	m := mustSignalMessage()
	return []head{
		{version: 1, exists: true, state: []byte(`{"balance":5}`)},
		{version: 300, exists: true, format: formatCustom, state: []byte{0xff, 0}},
		{exists: true}, // a state may be encoded as nothing
		{version: 7, lock: &holder{key: lockKey{owner: owner("o"), number: 3}, since: 99}},
		{
			version: 7, exists: true, state: []byte("1"), lock: &holder{key: lockKey{owner: owner("o")}, since: -1},
			waiting: []durable.Message{m, m}, waitingBytes: 2 * messageSize(&m), dropped: 2, serial: 4,
		},
	}
}

func mustSignalMessage() durable.Message {
	m := signalMessage(accounts.ID("x"), "credit", []byte("1"))
	m.Stamp = durable.Time{Wall: 5, Uptime: 6}
	return m
}

func TestHeadRoundTrip(t *testing.T) {
	for i, want := range heads() {
		b := want.append(nil)
		got, err := decodeHead(b)
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(head{}, holder{}, lockKey{})); diff != "" {
			t.Errorf("%d: %s", i, diff)
		}
		for n := 1; n < len(b); n++ {
			if _, err := decodeHead(b[:n]); !errors.Is(err, durable.ErrCorrupt) {
				t.Errorf("%d: the first %d of %d bytes: %v", i, n, len(b), err)
			}
		}
		if _, err := decodeHead(append(b, 0)); !errors.Is(err, durable.ErrCorrupt) {
			t.Errorf("%d: a byte too many: %v", i, err)
		}
	}
	if _, err := decodeHead([]byte{headVersion + 1, 0}); !errors.Is(err, durable.ErrCorrupt) {
		t.Error("a head of an unknown version was read")
	}
}

// A head that cannot be read, or a state of another type, is not the author's
// failure: the instance must be quarantined and nothing of it written.
func TestDecision_16_WhatCannotBeReadIsQuarantined(t *testing.T) {
	r, err := NewRegistry(accounts)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"not a head":         {9, 9},
		"of another type":    (&head{version: 1, exists: true, state: []byte(`"text"`)}).append(nil),
		"of another format":  (&head{version: 1, exists: true, format: formatCustom, state: []byte{1}}).append(nil),
		"of another program": (&head{version: 1, exists: true, state: []byte("1")}).append(nil),
	} {
		in := &durable.Instance{ID: accounts.ID("x"), Exists: true, Incarnation: 1, Head: b}
		if name == "of another program" {
			in.ID.Name = "unknown"
		}
		if _, err := NewBehavior(r, Options{}).Turn(durable.Time{}, in, []durable.Message{callMessage(in.ID, "get", nil)}); err == nil {
			t.Errorf("%s: the turn went well", name)
		}
	}
}

func FuzzDecodeHead(f *testing.F) {
	for _, h := range heads() {
		f.Add(h.append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodeHead(b)
		if err != nil || len(b) == 0 {
			return
		}
		again, err := decodeHead(h.append(nil))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(h.append(nil), again.append(nil)) {
			t.Fatalf("%+v became %+v", h, again)
		}
		if _, err := DecodeInfo(b); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzDecodeChain(f *testing.F) {
	f.Add(lockOf(owner("o"), 1, "a", "b").encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		ch, err := decodeChain(b)
		if err != nil {
			return
		}
		again, err := decodeChain(ch.encode())
		if err != nil || !cmp.Equal(ch, again, cmp.AllowUnexported(chain{}, lockKey{})) {
			t.Fatalf("%+v became %+v (%v)", ch, again, err)
		}
	})
}
