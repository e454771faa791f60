package game

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// MaxPlayback is the most moves of a record that is played back.
const MaxPlayback = 1000

// Playback plays a game by its record alone, wherever the record comes from, and
// gives what a seat (or the Watcher) sees before the first move, after each move,
// and at the end; with reveal, all there is to see. Seq counts the moves, from 0;
// moves that were taken back have no view, and phases are those of the end. What is wrong with the record is a
// Refusal with CodeBadRequest that says which move it is. It may be called
// concurrently.
func (c Catalog) Playback(r *Record, viewer int, reveal bool) ([]ViewAt, error) {
	if len(r.Moves) > MaxPlayback {
		return nil, refuse(CodeBadRequest, fmt.Sprintf("The record has %d moves; at most %d are played back", len(r.Moves), MaxPlayback))
	}
	return c.playback(r, viewer, reveal)
}

// playback is Playback of a record of any length.
func (c Catalog) playback(r *Record, viewer int, reveal bool) ([]ViewAt, error) {
	rules, err := c.Get(r.Game)
	if err != nil {
		return nil, err
	}
	pos, err := firstOf(rules, r)
	if err != nil {
		return nil, err
	}
	if viewer < Watcher || viewer >= len(r.Players) {
		return nil, refuse(CodeBadRequest, fmt.Sprintf("There is no seat %d", viewer))
	}
	look := Look{Seat: viewer, Reveal: reveal, PhaseBase: r.Phases}
	views := append(make([]ViewAt, 0, len(r.Moves)+1), viewAt(0, pos, look))
	for i, m := range r.Moves {
		if m.Undone {
			continue
		}
		step, err := playBack(pos, m)
		if err != nil {
			return nil, refuse(CodeBadRequest, fmt.Sprintf("Move %d cannot be played: %s", i+1, sentence(err)))
		}
		pos = step.Next
		views = append(views, viewAt(i+1, pos, look))
	}
	switch by := pos.Result(); {
	case by != nil && !sameResult(by, r.Result):
		return nil, refuse(CodeBadRequest, "The result of the record is not the one that its moves lead to")
	case by == nil && r.Result != nil: // resigned, agreed, claimed: the rules do not know
		look.Result = r.Result
		views[len(views)-1] = viewAt(int(views[len(views)-1].Seq), pos, look)
	}
	return views, nil
}

func sameResult(a, b *Result) bool {
	return b != nil && a.Kind == b.Kind && a.Reason == b.Reason && slices.Equal(a.Winners, b.Winners)
}

// firstOf is the position in which a recorded game begins.
func firstOf(rules Rules, r *Record) (Position, error) {
	options, err := json.Marshal(r.Options)
	if err != nil {
		return nil, refuse(CodeBadRequest, "The options of the record cannot be read")
	}
	var seed Seed
	if r.Seed != nil {
		seed = *r.Seed
	}
	setup, err := NewSetup(rules.Info(), len(r.Players), r.First, options, seed)
	if err != nil {
		return nil, err
	}
	return rules.New(setup)
}

// playBack makes one move of a record.
func playBack(pos Position, m RecordMove) (Step, error) {
	if m.Move == "" && !m.Lapsed {
		return Step{}, refuse(CodeBadRequest, "it is hidden in this record, as it was while the game went on")
	}
	return Apply(pos, Action{Seat: m.Seat, Move: m.Move, Lapsed: m.Lapsed})
}

// sentence is what a player may read of an error.
func sentence(err error) string {
	var refused *Refusal
	if errors.As(err, &refused) {
		return refused.Message
	}
	return "the rules do not know it"
}

func viewAt(n int, pos Position, look Look) ViewAt {
	view := AppendView(nil, pos, look)
	return ViewAt{Seq: uint64(n), View: view, Hash: Hash(view)}
}
