package durable

import (
	"reflect"
	"slices"
	"testing"
)

// FuzzWork: what decodes as a row of work encodes to the same work.
func FuzzWork(f *testing.F) {
	owner := Work{ID: ID{Kind: 'o', Key: "a"}, Incarnation: 3, Generation: 2}
	first, second, other := owner, owner, owner
	first.Task, first.Name, first.Input = 1, "greet", []byte(`"x"`)
	second.Task, second.Name, second.Timeout, second.Meta = 2, "greet", 5000, []byte{1}
	other.ID.Key = "b"
	pack := func(list []Work) (content []byte) {
		for i := range list {
			var before *Work
			if i > 0 {
				before = &list[i-1]
			}
			content = appendWork(content, before, &list[i])
		}
		return content
	}
	f.Add(pack([]Work{first, second, other}))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := parseWork(b)
		if err != nil {
			return
		}
		if again, err := parseWork(pack(list)); err != nil || !reflect.DeepEqual(again, list) {
			t.Errorf("got %+v, want %+v (%v)", again, list, err)
		}
	})
}

// FuzzOutgoing: what decodes as a row of the outbox encodes to the same messages.
func FuzzOutgoing(f *testing.F) {
	var row []byte
	for i := range sampleMessages {
		row = appendOutgoing(row, i%2, uint64(i)+7, &sampleMessages[i])
	}
	f.Add(row)
	type sent struct {
		to int
		n  uint64
		m  Message
	}
	read := func(b []byte) (list []sent, err error) {
		err = parseOutgoing(b, 4, func(to int, n uint64, m Message) { list = append(list, sent{to, n, m}) })
		return list, err
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := read(b)
		if err != nil {
			return
		}
		var again []byte
		for i := range list {
			again = appendOutgoing(again, list[i].to, list[i].n, &list[i].m)
		}
		if back, err := read(again); err != nil || !reflect.DeepEqual(back, list) {
			t.Errorf("got %+v, want %+v (%v)", back, list, err)
		}
	})
}

// FuzzIDKey: what is read as the end of a key makes the same key again.
func FuzzIDKey(f *testing.F) {
	for i := range sampleMessages {
		f.Add(appendIDKey(nil, sampleMessages[i].To))
	}
	f.Fuzz(func(t *testing.T, k []byte) {
		id, err := parseIDKey(k)
		if err != nil {
			return
		}
		if again := appendIDKey(nil, id); !slices.Equal(again, k) {
			t.Errorf("%x is %v, which has the key %x", k, id, again)
		}
	})
}
