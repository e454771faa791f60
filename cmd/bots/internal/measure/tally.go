package measure

import "github.com/HdrHistogram/hdrhistogram-go"

// timed are the kinds of things whose time is taken.
type timed int

const (
	ack timed = iota
	screen
	watcher
	connect
	back
	timedKinds
)

// tally is what is counted with every move. It is not for concurrent use.
type tally struct {
	took    [timedKinds]*hdrhistogram.Histogram // nil: it did not happen
	in, out int64
}

func newTally() *tally { return &tally{} }

func (t *tally) record(what timed, us int64) {
	if t.took[what] == nil {
		t.took[what] = newHistogram()
	}
	_ = t.took[what].RecordValue(us) // it only fails beyond its limits, which micros keeps
}

// add adds what the other counted.
func (t *tally) add(other *tally) {
	t.in += other.in
	t.out += other.out
	for what, h := range other.took {
		switch {
		case h == nil:
		case t.took[what] == nil:
			t.took[what] = h.Clone()
		default:
			t.took[what].Merge(h)
		}
	}
}

// clone gives a tally that shares nothing with it.
func (t *tally) clone() *tally {
	c := newTally()
	c.add(t)
	return c
}
