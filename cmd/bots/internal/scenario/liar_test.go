package scenario

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
	"github.com/everturn/everturn/web/wire"
)

// once is true the n-th time that it is asked.
func once(n int64) func() bool {
	var asked atomic.Int64
	return func() bool { return asked.Add(1) == n }
}

// TestTheBoxSees plants what a broken server would do, each once, and wants it counted as what it is.
func TestTheBoxSees(t *testing.T) {
	server := openHouse(t)
	moved := func(f wire.ServerFrame) (wire.Ev, bool) {
		e, ok := f.(wire.Ev)
		return e, ok && e.Kind == wire.KindMoved
	}
	for _, test := range []struct {
		name string
		game string
		want measure.Fault
		make func(hit func() bool) *liar
	}{
		{"an event that is left out", "tictactoe", measure.Gap, func(hit func() bool) *liar {
			return &liar{frame: func(_ int, f wire.ServerFrame) []wire.ServerFrame {
				if _, ok := moved(f); ok && hit() {
					return nil
				}
				return []wire.ServerFrame{f}
			}}
		}},
		{"an event that comes again", "tictactoe", measure.Repeat, func(hit func() bool) *liar {
			return &liar{frame: func(_ int, f wire.ServerFrame) []wire.ServerFrame {
				if _, ok := moved(f); ok && hit() {
					return []wire.ServerFrame{f, f}
				}
				return []wire.ServerFrame{f}
			}}
		}},
		{"an ack of what never comes to the disk", "tictactoe", measure.Lost, func(hit func() bool) *liar {
			var seq [2]atomic.Int64 // of one match
			return &liar{
				frame: func(n int, f wire.ServerFrame) []wire.ServerFrame {
					if e, ok := f.(wire.Ev); ok {
						seq[n%2].Store(e.Seq)
					}
					return []wire.ServerFrame{f}
				},
				move: func(n int, m wire.Move) (bool, wire.ServerFrame) {
					if !hit() {
						return true, nil
					}
					return false, wire.Ack{ID: m.ID, Match: m.Match, Seq: seq[n%2].Load()}
				},
			}
		}},
		{"an ack with another number", "tictactoe", measure.OutOfOrder, func(hit func() bool) *liar {
			return &liar{frame: func(_ int, f wire.ServerFrame) []wire.ServerFrame {
				if a, ok := f.(wire.Ack); ok && hit() {
					a.Seq += 2
					return []wire.ServerFrame{a}
				}
				return []wire.ServerFrame{f}
			}}
		}},
		{"a move that nobody has made", "tictactoe", measure.Doubled, func(hit func() bool) *liar {
			var owed [2]atomic.Int64 // own moves that have not come as events
			return &liar{
				move: func(n int, _ wire.Move) (bool, wire.ServerFrame) { owed[n].Add(1); return true, nil },
				frame: func(n int, f wire.ServerFrame) []wire.ServerFrame {
					e, ok := moved(f)
					if !ok || owed[n].Add(-1) >= 0 {
						return []wire.ServerFrame{f}
					}
					owed[n].Store(0)
					if hit() { // the other's, as one's own
						e.Data = bytes.Replace(e.Data, []byte(`"seat":1`), []byte(`"seat":X`), 1)
						e.Data = bytes.Replace(e.Data, []byte(`"seat":0`), []byte(`"seat":1`), 1)
						e.Data = bytes.Replace(e.Data, []byte(`"seat":X`), []byte(`"seat":0`), 1)
					}
					return []wire.ServerFrame{e}
				},
			}
		}},
		{"a choice that is told early", "rps", measure.Hidden, func(hit func() bool) *liar {
			return &liar{frame: func(_ int, f wire.ServerFrame) []wire.ServerFrame {
				if e, ok := moved(f); ok && !bytes.Contains(e.Data, []byte("move")) && hit() {
					e.Data = append(bytes.TrimSuffix(bytes.Clone(e.Data), []byte("}")), `,"move":"rock"}`...)
					return []wire.ServerFrame{e}
				}
				return []wire.ServerFrame{f}
			}}
		}},
		{"a choice that a view shows early", "rps", measure.Hidden, func(hit func() bool) *liar {
			return &liar{frame: func(_ int, f wire.ServerFrame) []wire.ServerFrame {
				if e, ok := f.(wire.Ev); ok && bytes.Contains(e.View, []byte(`"choices":".`)) && hit() {
					e.View = bytes.Replace(e.View, []byte(`"choices":"..`), []byte(`"choices":"rr`), 1)
					e.View = bytes.Replace(e.View, []byte(`"choices":".`), []byte(`"choices":"r`), 1)
					return []wire.ServerFrame{e}
				}
				return []wire.ServerFrame{f}
			}}
		}},
		{"a frame that is none", "tictactoe", measure.Broken, func(hit func() bool) *liar {
			return &liar{frame: func(_ int, f wire.ServerFrame) []wire.ServerFrame {
				if _, ok := f.(wire.Ack); ok && hit() {
					return []wire.ServerFrame{f, wire.Ack{ID: "nobody's", Match: "m7Qk2XvT9bLr4Ws1", Seq: 1}}
				}
				return []wire.ServerFrame{f}
			}}
		}},
		{"a position that is not what the moves lead to", "tictactoe", measure.Differs, func(hit func() bool) *liar {
			return &liar{answer: func(path string, body []byte) []byte {
				if strings.HasSuffix(path, "/position") && hit() {
					return bytes.Replace(body, []byte(`"hash":"`), []byte(`"hash":"0`), 1)
				}
				return body
			}}
		}},
		{"a record without a move that was acked", "tictactoe", measure.Lost, func(hit func() bool) *liar {
			return &liar{answer: func(path string, body []byte) []byte {
				if strings.HasSuffix(path, "/record") && hit() {
					return editMoves(body, func(moves []json.RawMessage) []json.RawMessage { return moves[:len(moves)-1] })
				}
				return body
			}}
		}},
		{"a record with a move twice", "tictactoe", measure.Doubled, func(hit func() bool) *liar {
			return &liar{answer: func(path string, body []byte) []byte {
				if strings.HasSuffix(path, "/record") && hit() {
					return editMoves(body, func(moves []json.RawMessage) []json.RawMessage { return append(moves, moves[0]) })
				}
				return body
			}}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			nth, atLeast := int64(3), time.Second
			if strings.Contains(test.name, "record") || strings.Contains(test.name, "position") {
				nth, atLeast = 1, 3*time.Second // one game has to come to its end, however busy the machine is
			}
			l := test.make(once(nth))
			l.server = server
			o := options(t, l.listen(t))
			o.Matches, o.Play, o.Duration = 1, []string{test.game}, atLeast
			s := play(t, "pairs", o)
			if s.Box.Counts[test.want] == 0 {
				t.Errorf("it is not seen: %+v", s.Box)
			}
			t.Logf("%v", s.Box.Counts)
		})
	}
}

// editMoves changes the moves of a record.
func editMoves(body []byte, edit func([]json.RawMessage) []json.RawMessage) []byte {
	var record map[string]json.RawMessage
	var moves []json.RawMessage
	if json.Unmarshal(body, &record) != nil || json.Unmarshal(record["moves"], &moves) != nil {
		return body
	}
	record["moves"], _ = json.Marshal(edit(moves))
	b, _ := json.Marshal(record)
	return b
}

// TestHonestThroughTheLiar: what stands between is not what is seen.
func TestHonestThroughTheLiar(t *testing.T) {
	l := &liar{server: openHouse(t)}
	honest(t, play(t, "pairs", options(t, l.listen(t))))
}
