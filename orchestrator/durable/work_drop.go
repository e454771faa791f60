package durable

import "errors"

// ErrUnwanted is why the context of work ends whose result nobody wants any
// more: see [Outcome.Drop] and context.Cause.
var ErrUnwanted = errors.New("nobody waits for the result any more")

// workKey names work by whose it is.
type workKey struct {
	id          ID
	incarnation uint64
	generation  uint32
	task        uint64
}

func (w *Work) key() workKey { return workKey{w.ID, w.Incarnation, w.Generation, w.Task} }

// unwanted notes work that a turn drops. The pool hears of it after the commit.
func (b *batch) unwanted(in *Instance, tasks []uint64) {
	for _, task := range tasks {
		b.dropped = append(b.dropped, workKey{in.ID, in.Incarnation, in.Generation, task})
	}
}

// slot is one goroutine of the workers and what it does now. cancel is nil
// between two tasks. It is guarded by the workers' mutex.
type slot struct {
	key    workKey
	cancel func(error)
}

// drop ends the contexts of work that is being done, and answers what waits in
// the queue without doing it. What is still on disk is not looked for: it is
// done in its turn, and its result finds nobody.
func (w *workers) drop(keys []workKey) {
	unwanted := make(map[workKey]bool, len(keys))
	for _, k := range keys {
		unwanted[k] = true
	}
	var skipped []job
	w.mu.Lock()
	for s := range w.slots {
		if s.cancel != nil && unwanted[s.key] {
			s.cancel(ErrUnwanted)
		}
	}
	rest := w.queue[:0]
	for _, j := range w.queue {
		if unwanted[j.key()] {
			skipped = append(skipped, j)
		} else {
			rest = append(rest, j)
		}
	}
	clear(w.queue[len(rest):])
	w.queue = rest
	w.mu.Unlock()
	for i := range skipped {
		w.tell(&skipped[i], Answer{Fail: Fail(CodeUnavailable, ErrUnwanted.Error())})
	}
}
