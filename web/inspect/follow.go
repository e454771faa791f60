package inspect

import (
	"errors"
	"fmt"
	"slices"

	"github.com/everturn/everturn/orchestrator"
)

// How much of a history a stream tells: so many rows in an event, and no more
// than that to who has none of them; the rest is to be asked for.
const (
	eventRows  = 200
	streamRows = 10_000
)

// follower is one stream of an instance.
type follower struct {
	i          *Inspector
	id         string
	generation uint32
	sent       int // rows of this generation
	known      *status
	input      *status // whose input is known
	replayed   replay
}

// instanceLive streams an instance: "status" when it changes, "rows" as the
// history grows, with the place as their id, "replay" when its code was run over
// the history again, "restarted" when a generation or an instance begins that is
// another one. It goes on behind the end of the instance, which may be rewound,
// and ends with "end" when there is none any more. A client that comes again says
// the id that it had last, and gets the rest.
func (i *Inspector) instanceLive(r *request) error {
	f := &follower{i: i, id: r.vars["id"]}
	last := r.query.Text("from")
	if id := r.Request().Header.Get("Last-Event-Id"); id != "" {
		last = id
	}
	if err := r.query.Done(); err != nil {
		return err
	}
	f.resume(last)
	if _, err := i.status(f.id); err != nil {
		return err
	}
	return i.live(r, f.look)
}

// resume takes the id of the last rows that the client had.
func (f *follower) resume(last string) {
	// What is no id of ours begins at the beginning.
	if n, _ := fmt.Sscanf(last, "%d-%d", &f.generation, &f.sent); n != 2 || f.sent < 0 {
		f.generation, f.sent = 0, 0
	}
}

// look sends what is new.
func (f *follower) look(send sender) (more bool, err error) {
	s, err := f.i.status(f.id)
	if gone := (*orchestrator.Failure)(nil); errors.As(err, &gone) && gone.Code == orchestrator.CodeNotFound {
		return false, send("end", "", struct {
			Why string `json:"why"`
		}{"purged"})
	}
	if err != nil {
		return false, err
	}
	if s.State == "" || f.changed(s) {
		if s.State != "" {
			if err := f.rows(send, s); err != nil {
				return false, err
			}
		}
		if err := f.tell(send, s); err != nil {
			return false, err
		}
	}
	if last := f.i.replayOf(s); last != nil && *last != f.replayed {
		f.replayed = *last
		return true, send("replay", "", last)
	}
	return true, nil
}

// changed says whether an instance is another than when it was looked at last:
// it was started anew, took a turn, or was set aside.
func (f *follower) changed(s *status) bool {
	k := f.known
	return k == nil || k.Created != s.Created || k.Generation != s.Generation || k.Turns != s.Turns || k.Quarantine != s.Quarantine
}

// tell sends the status, with the input that its generation has.
func (f *follower) tell(send sender, s *status) error {
	if same := f.input; same != nil && same.Created == s.Created && same.Generation == s.Generation {
		s.Input = same.Input
	} else if err := f.i.readInput(s); err != nil {
		return err
	}
	if f.known != nil && f.known.State == "" && s.State == "" && f.known.Quarantine == s.Quarantine {
		return nil
	}
	f.known, f.input = s, s
	return send("status", "", s)
}

// rows sends the rows that the client has not.
func (f *follower) rows(send sender, s *status) error {
	p, err := f.i.Orchestrations.HistoryPage(f.id, f.sent, streamRows)
	if err != nil {
		return unlessCorrupt(err)
	}
	began := f.known != nil && f.known.Created != s.Created
	if f.generation != p.Generation || f.sent > p.Total || began || p.Total-f.sent > streamRows {
		if f.generation != 0 && (f.generation != p.Generation || f.sent > p.Total || began) {
			if err := send("restarted", "", struct {
				Generation uint32 `json:"generation"`
			}{p.Generation}); err != nil {
				return err
			}
			f.sent = 0
		}
		f.generation, f.sent = p.Generation, max(0, p.Total-streamRows, min(f.sent, p.Total))
		if p, err = f.i.Orchestrations.HistoryPage(f.id, f.sent, streamRows); err != nil {
			return unlessCorrupt(err)
		}
	}
	for some := range slices.Chunk(rowsOf(p.Rows, f.sent, false), eventRows) {
		from := f.sent
		f.sent += len(some)
		event := struct {
			Generation uint32 `json:"generation"`
			From       int    `json:"from"`
			Rows       []row  `json:"rows"`
		}{f.generation, from + 1, some}
		if err := send("rows", fmt.Sprintf("%d-%d", f.generation, f.sent), event); err != nil {
			return err
		}
	}
	return nil
}
