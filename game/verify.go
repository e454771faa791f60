package game

import (
	"errors"
	"fmt"

	"github.com/everturn/everturn/orchestrator"
)

// Finished gives the ids of matches that are over, private ones too, newest first,
// and the cursor with which to go on: empty for the beginning, and at the end. It
// looks at as many matches as the limit says, so there may be fewer, or none, and
// yet a cursor.
func (d *Desk) Finished(cursor string, limit int) (ids []string, next string, err error) {
	page, err := d.client.Search(orchestrator.Query{Name: MatchName, Limit: limit, Cursor: cursor})
	if err != nil {
		return nil, "", err
	}
	for _, item := range page.Items {
		s, _, err := d.Match(item.ID)
		switch {
		case isRefusal(err, CodeNotFound): // it has just begun, or is gone
		case err != nil:
			return nil, "", err
		case s.State == StateFinished:
			ids = append(ids, item.ID)
		}
	}
	return ids, page.Cursor, nil
}

// Verified is what was found when a match was played again.
type Verified struct {
	Games   int
	Moves   int
	Private bool
	Wrong   string // what cannot be, in words; empty where all is well
}

// Verify plays all games of a match that are over again, from seed and moves, by
// today's rules, and compares the ends with those that its events lead to. An
// error says that this could not be done.
func (d *Desk) Verify(id string) (v Verified, err error) {
	s, _, err := d.Match(id)
	if err != nil {
		return v, err
	}
	v.Private = s.Private
	for n := 1; n <= s.N; n++ {
		r, err := d.Record(id, "", n)
		if err == nil && r.Result == nil {
			break // it has just begun
		}
		if err == nil {
			err = d.verifyGame(id, &r)
		}
		var failure *orchestrator.Failure
		switch {
		case errors.As(err, &failure): // it is not the match that fails
			return v, err
		case err != nil && v.Wrong == "":
			v.Wrong = fmt.Sprintf("game %d: %v", n, err)
		}
		v.Games++
		v.Moves += len(r.Moves)
	}
	return v, nil
}

func (d *Desk) verifyGame(id string, r *Record) error {
	views, err := d.Games.playback(r, Watcher, true)
	if err != nil {
		return err
	}
	end, err := d.Position(id, "", r.To, nil, true)
	if err != nil {
		return err
	}
	if last := views[len(views)-1]; last.Hash != end.Hash {
		return fmt.Errorf("its moves lead to position %s, its events to %s", last.Hash, end.Hash)
	}
	return nil
}
