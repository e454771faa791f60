package durable

import (
	"reflect"
	"slices"
	"testing"
)

var sampleFailure = &Failure{
	Code: CodeInternal, Type: "panic", Message: "m", Stack: "s", Props: map[string]string{"b": "2", "a": "1"}, Cause: Fail(CodeTimeout, "cause"),
}

var sampleMessages = []Message{
	{To: ID{Kind: 'a', Key: "k"}, Op: OpUser},
	{To: ID{Kind: 'a', Name: "n", Key: "k"}, Op: OpResult, Body: []byte{}, Meta: []byte{}},
	{
		To: ID{Kind: 255, Name: "ñ", Key: ""}, From: ID{Kind: 1, Key: "f"}, Op: 99, Name: "event", Body: []byte("body"), Fail: sampleFailure,
		Due: Due{Uptime, -5}, Incarnation: 1 << 63, Generation: 1<<32 - 1, Task: 7, Stamp: Time{-1, 1 << 62}, Meta: []byte("meta"),
		Return: Return{To: ID{Kind: 2, Key: "r"}, Incarnation: 3, Generation: 4, Task: 5, Token: 6, Caller: "c", Request: "q"},
	},
}

func TestMessageRoundTrip(t *testing.T) {
	for _, m := range sampleMessages {
		d := NewDecoder(AppendMessage(nil, &m))
		if got := d.Message(); d.Done() != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("got %+v, want %+v (%v)", got, m, d.Err())
		}
	}
}

// What decodes is encoded to something that decodes to the same; nothing panics.
func FuzzMessage(f *testing.F) {
	for _, m := range sampleMessages {
		f.Add(AppendMessage(nil, &m))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d := NewDecoder(b)
		m := d.Message()
		if d.Done() != nil {
			return
		}
		d = NewDecoder(AppendMessage(nil, &m))
		if again := d.Message(); d.Done() != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("got %+v, want %+v (%v)", again, m, d.Err())
		}
	})
}

func FuzzRecord(f *testing.F) {
	r := record{incarnation: 1, generation: 2, turns: 3, events: 4, created: 5, updated: 6, genFrom: 7, logFrom: 8, index: []indexMark{{"x", -9, 10}}, head: []byte("head")}
	f.Add(r.append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, n, err := parseRecord(b)
		if err != nil || len(r.head) != n {
			return // a head that goes on in other rows
		}
		again, n, err := parseRecord(r.append(nil))
		if n > headRoom {
			r.head = r.head[:headRoom]
		}
		if err != nil || n < len(r.head) || !reflect.DeepEqual(again, r) {
			t.Errorf("got %+v, want %+v (%v)", again, r, err)
		}
	})
}

func FuzzTurnRow(f *testing.F) {
	f.Add(appendTurnRow(nil, &turnRow{time: 1, generation: 2, before: 3, history: [][]byte{{}, {1}}, events: [][]byte{{2}}, requests: []requestEntry{
		{key: requestKey{"c", "r"}, state: requestAnswered, answer: Answer{[]byte("a"), sampleFailure}}, {key: requestKey{"c", "s"}, state: requestForgotten},
	}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		row, err := parseTurnRow(b)
		if err != nil {
			return
		}
		again, err := parseTurnRow(appendTurnRow(nil, &row))
		if err != nil || !reflect.DeepEqual(again, row) {
			t.Errorf("got %+v, want %+v (%v)", again, row, err)
		}
		if bare := !rowHasEvents(b); bare != (len(row.events) == 0) {
			t.Errorf("bare %t, %d events", bare, len(row.events))
		}
	})
}

func FuzzMeta(f *testing.F) {
	m := newMeta(2)
	m.batch, m.number, m.out[1], m.in[0] = 1, 2, 3, 4
	f.Add(m.append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseMeta(b, 2)
		if err != nil {
			return
		}
		if again, err := parseMeta(m.append(nil), 2); err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("got %+v, want %+v (%v)", again, m, err)
		}
	})
}

// Keys lie in the order in which rows are read, and can be read back.
func TestKeyOrder(t *testing.T) {
	a, b := ID{Kind: 'a', Name: "a", Key: "b"}, ID{Kind: 'a', Name: "ab", Key: ""}
	for name, keys := range map[string][][]byte{
		"timers": {
			timerKey(1, Due{Wall, 0}, 0, 1), timerKey(1, Due{Wall, 1}, 0, 0), timerKey(1, Due{Wall, 1}, 1, 0),
			timerKey(1, Due{Wall, 1}, 1, 256), timerKey(1, Due{Wall, maxDue}, 0, 0), timerKey(1, Due{Uptime, 0}, 0, 0), timerKey(2, Due{Wall, 0}, 0, 0),
		},
		"log":     {logKey(1, 1, 1, 0), logKey(1, 1, 1, 1), logKey(1, 1, 2, 0), logKey(1, 1, 256, 0), logKey(1, 2, 0, 0)},
		"index":   {indexKey(1, "n", 1<<40, a), indexKey(1, "n", 1, a), indexKey(1, "n", 1, b), indexKey(1, "n", 0, a), indexKey(1, "n", -1, a), indexKey(1, "n2", 9, a)},
		"numbers": {numberKey(1, tagWork, 1), numberKey(1, tagWork, 256), numberKey(2, tagWork, 0)},
	} {
		if !slices.IsSortedFunc(keys, func(a, b []byte) int { return slices.Compare(a, b) }) {
			t.Errorf("%s are not in order", name)
		}
	}
	if due, owner, n := timerKeyParts(timerKey(1, Due{Uptime, 5}, 6, 7)); due != (Due{Uptime, 5}) || owner != 6 || n != 7 {
		t.Errorf("timer key reads %v %d %d", due, owner, n)
	}
	if id, err := parseIDKey(appendIDKey(nil, a)); err != nil || id != a {
		t.Errorf("ID key reads %v, %v", id, err)
	}
	if turn, n := logKeyTurn(logKey(1, 2, 3, 4)); turn != 3 || n != 4 {
		t.Errorf("log key reads %d %d", turn, n)
	}
	if _, end := prefixRange([]byte{1, 255, 255}); !slices.Equal(end, []byte{2}) {
		t.Errorf("prefix ends at %x", end)
	}
}
