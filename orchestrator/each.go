package orchestrator

import "fmt"

// Awaited is a future of an R: this package's, or that of another package's
// calls, such as entities.
type Awaited[R any] interface {
	Awaitable
	// Get waits for the result.
	Get() (R, error)
}

// Settled is how one item of [EachSettled] came out.
type Settled[R any] struct {
	Value R
	Err   error
}

// Each does f for each item, with at most limit of their futures under way at
// once, and gives the results in the order of the items:
//
//	sizes, err := orchestrator.Each(c, urls, 10, func(url string) *orchestrator.Future[int] {
//		return fetch.Go(c, url)
//	})
//
// f begins something (an activity, a sub-orchestration, a call of an entity)
// and does not wait for it. When one fails, no further ones are begun; those
// under way are waited for, so that nothing goes on behind the author's back.
// The error is that of the first item, in the order of the items, that failed;
// the results of the others are there beside it. A limit below 1 is an error of
// code bad_request, and nothing is begun.
func Each[T, R any, F Awaited[R]](c *Context, items []T, limit int, f func(item T) F) ([]R, error) {
	all, fail := each[T, R](c, items, limit, true, f)
	out := make([]R, len(items))
	if fail != nil {
		return out, fail
	}
	var first error
	for i, s := range all {
		out[i] = s.Value
		if first == nil {
			first = s.Err
		}
	}
	return out, first
}

// EachSettled is [Each] that does all items, whatever becomes of the others,
// and gives what became of each.
func EachSettled[T, R any, F Awaited[R]](c *Context, items []T, limit int, f func(item T) F) []Settled[R] {
	all, fail := each[T, R](c, items, limit, false, f)
	for i := range all {
		if fail != nil {
			all[i].Err = fail
		}
	}
	return all
}

// each begins the items in their order and takes their results in the order in
// which they come. With stop it begins nothing after a failure.
func each[T, R any, F Awaited[R]](c *Context, items []T, limit int, stop bool, f func(item T) F) ([]Settled[R], *Failure) {
	all := make([]Settled[R], len(items))
	if limit < 1 {
		return all, Fail(CodeBadRequest, fmt.Sprintf("a fan-out of at most %d at once can do nothing", limit))
	}
	w := window{c: c, limit: limit}
	running := make(map[int]F, min(limit, len(items)))
	take := func(i int) bool {
		all[i].Value, all[i].Err = running[i].Get()
		delete(running, i)
		return all[i].Err == nil
	}
	begun := 0
	for ok := true; begun < len(items) && (ok || !stop); {
		if w.full() {
			i, there := w.next()
			if !there { // taken down, or cancelled
				break
			}
			ok = take(i) && ok
			continue
		}
		running[begun] = f(items[begun])
		w.add(begun, running[begun].task())
		begun++
	}
	// Nothing more begins, so that the order in which they come is of no
	// interest: waiting for each in its turn wakes the least.
	w.close()
	for i := range begun {
		if _, under := running[i]; under {
			take(i)
		}
	}
	if err := c.waitable(); err != nil { // why the rest was not begun
		for i := begun; i < len(items); i++ {
			all[i].Err = err
		}
	}
	return all, nil
}

// window is a set of tasks of a limited size. Its tasks report to it when they
// are done, so that each costs the same however many there are.
type window struct {
	c      *Context
	limit  int
	under  int
	ready  []int // done, in the order of the history, and not given out
	closed bool
}

func (w *window) full() bool { return w.under >= w.limit }

// add takes a task into the window under a number.
func (w *window) add(i int, t *task) {
	w.under++
	if t.done {
		w.ready = append(w.ready, i)
		return
	}
	before := t.then
	t.awaited = true // so that the coroutine wakes, and says what it waits for
	t.then = func(t *task) {
		if before != nil {
			before(t)
		}
		if !w.closed {
			w.ready = append(w.ready, i)
		}
	}
}

// next waits for one of the tasks to be done, and takes it out; false means that
// there is nothing to wait for.
func (w *window) next() (int, bool) {
	for len(w.ready) == 0 {
		if w.c.waitable() != nil {
			return 0, false
		}
		w.c.x.park()
	}
	i := w.ready[0]
	w.ready = w.ready[1:]
	w.under--
	return i, true
}

// close has the tasks report no more.
func (w *window) close() { w.closed = true }
