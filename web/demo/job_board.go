package demo

import (
	"bytes"
	"errors"

	"github.com/everturn/everturn/orchestrator"
)

// board is where a job says how far it is: its custom status, which is stored
// with each step and costs no commit of its own. It belongs to the job's code.
type board struct {
	c      *orchestrator.Context
	status jobStatus
	cells  []byte   // of status.Progress.Cells
	under  []func() // each waits for something that was begun
}

// jobStatus is the custom status of a job.
type jobStatus struct {
	State    string   `json:"state"`
	Progress progress `json:"progress"`
}

// progress is how far a job is.
type progress struct {
	Step  string `json:"step,omitempty"` // in words: "counting"
	Unit  string `json:"unit,omitempty"` // of done and total: "chunks"
	Done  int    `json:"done"`
	Total int    `json:"total"`
	Bytes int64  `json:"bytes,omitempty"` // of the text that are done
	Cells string `json:"cells,omitempty"` // one letter for each of total: see cellWaiting
}

// The letters of the cells.
const (
	cellWaiting = '.'
	cellRunning = 'r'
	cellDone    = 'd'
	cellRetried = 'D' // done, but not at the first attempt
	cellFailed  = 'f'
)

// say says in what state the job is, and what it does.
func (b *board) say(state, step string) {
	b.status.State, b.status.Progress.Step = state, step
	b.tell()
}

// begin begins with so many units of work.
func (b *board) begin(step, unit string, total int) {
	b.cells = bytes.Repeat([]byte{cellWaiting}, total)
	b.status.Progress = progress{Step: step, Unit: unit, Total: total}
	b.tell()
}

// resume goes on where another history ended.
func (b *board) resume(step, unit, cells string) {
	b.begin(step, unit, len(cells))
	copy(b.cells, cells)
	b.status.Progress.Done = len(cells) - bytes.Count(b.cells, []byte{cellWaiting})
	b.tell()
}

// room has it show at least so many units.
func (b *board) room(total int) {
	if more := total - len(b.cells); more > 0 {
		b.cells = append(b.cells, bytes.Repeat([]byte{cellWaiting}, more)...)
		b.status.Progress.Total = total
	}
}

// mark says how a unit stands.
func (b *board) mark(unit int, cell byte) {
	if b.cells[unit] = cell; cell != cellRunning {
		b.status.Progress.Done++
	}
	b.tell()
}

func (b *board) tell() {
	b.status.Progress.Cells = string(b.cells)
	b.c.SetStatus(b.status)
}

// track notes what was begun, so that land can wait for it.
func track[R any](b *board, f *orchestrator.Future[R]) *orchestrator.Future[R] {
	b.under = append(b.under, func() { _, _ = f.Get() }) // what came of it is the business of who began it
	return f
}

// land waits until nothing is under way any more, as it may be in a job that was
// called off: what comes in late would not be cleaned up.
func (b *board) land() {
	for _, wait := range b.under {
		wait()
	}
}

// flight is a future that tells the board when its result is taken.
type flight[R any] struct {
	*orchestrator.Future[R]
	landed func(R, error)
}

// Get waits for the result.
func (f flight[R]) Get() (R, error) {
	v, err := f.Future.Get()
	f.landed(v, err)
	return v, err
}

// each does units of work, from one number up to another, some at a time, and
// shows on the board which run, which are done and which have failed. What became
// of each is given when all are through. The error says that the job was called
// off.
func each[R outcome](b *board, from, to, parallel int, begin func(unit int) *orchestrator.Future[R]) ([]orchestrator.Settled[R], error) {
	units := make([]int, to-from)
	for i := range units {
		units[i] = from + i
	}
	all := orchestrator.EachSettled(b.c, units, parallel, func(unit int) flight[R] {
		b.mark(unit, cellRunning)
		return flight[R]{track(b, begin(unit)), func(r R, err error) {
			switch {
			case errors.Is(err, orchestrator.ErrCanceled):
			case err != nil:
				b.mark(unit, cellFailed)
			case r.attempt() > 1:
				b.status.Progress.Bytes += r.size()
				b.mark(unit, cellRetried)
			default:
				b.status.Progress.Bytes += r.size()
				b.mark(unit, cellDone)
			}
		}}
	})
	for _, one := range all {
		if errors.Is(one.Err, orchestrator.ErrCanceled) {
			return nil, one.Err
		}
	}
	return all, nil
}

// outcome is what a unit of work gives: how much it did, and at which attempt.
type outcome interface {
	size() int64
	attempt() int
}
