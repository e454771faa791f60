package main

import (
	"slices"
)

// Limits of what is remembered of a process.
const (
	// keptMatches is how many matches' acknowledged moves are kept, at least; those of twice as many at most.
	keptMatches = 10_000
	// keptMoves is how many of a match's acknowledged moves are known by number: what a crash could lose is the end.
	keptMoves = 64
)

// witness keeps what a process has told, in the memory of another one. It belongs to one goroutine.
type witness struct {
	census     *census
	uptime     []int64
	pulled     *pulledPlug
	acked      int
	moves, old map[string]*ackedMoves
}

// hear takes a notice in.
func (w *witness) hear(n *notice) {
	switch {
	case n.Moved != nil:
		w.move(n.Moved)
	case n.Census != nil:
		w.census = n.Census
	case n.Pulled != nil:
		w.pulled = n.Pulled
	}
	if n.Uptime != nil {
		w.uptime = n.Uptime
	}
}

// move notes an acknowledged move. The same one again, because it was asked again, is no other.
func (w *witness) move(m *moved) {
	of := w.moves[m.Match]
	if of == nil {
		if of = w.old[m.Match]; of == nil {
			of = &ackedMoves{}
		}
		if len(w.moves) >= keptMatches {
			w.old, w.moves = w.moves, nil
		}
		if w.moves == nil {
			w.moves = map[string]*ackedMoves{}
		}
		w.moves[m.Match] = of
	}
	if slices.Contains(of.Last, m.Seq) {
		return
	}
	if len(of.Last) == keptMoves {
		of.Last = slices.Delete(of.Last, 0, 1)
	}
	of.Last = append(of.Last, m.Seq)
	of.Count++
	w.acked++
}

// left is all that is known.
func (w *witness) left() *left {
	all := map[string]*ackedMoves{}
	for _, moves := range []map[string]*ackedMoves{w.old, w.moves} {
		for match, of := range moves {
			all[match] = of
		}
	}
	return &left{Census: w.census, Uptime: w.uptime, Moves: all, Acked: w.acked, Pulled: w.pulled}
}
