package durable

// Dropper hears that nobody wants the result of work any more. Drop is called
// from a goroutine of the kernel and must not block.
type Dropper interface{ Drop() }

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

// slot is one goroutine of the workers and what it does now. It is guarded by
// their mutex.
type slot struct {
	pool     *workers
	busy     bool
	key      workKey
	unwanted bool
	dropper  Dropper
}

// OnDrop has d told when nobody wants the result of the work any more (see
// [Outcome.Drop]), at once where that is so already. A worker calls it before it
// begins.
func (w *Work) OnDrop(d Dropper) {
	s := w.slot
	if s == nil { // not handed out by a host
		return
	}
	s.pool.mu.Lock()
	s.dropper = d
	unwanted := s.unwanted
	s.pool.mu.Unlock()
	if unwanted {
		d.Drop()
	}
}

// drop tells those who do unwanted work, and answers what waits in the queue
// without doing it. What is still on disk is not looked for: it is
// done in its turn, and its result finds nobody.
func (w *workers) drop(keys []workKey) {
	unwanted := make(map[workKey]bool, len(keys))
	for _, k := range keys {
		unwanted[k] = true
	}
	var skipped []job
	var told []Dropper
	w.mu.Lock()
	for s := range w.slots {
		if s.busy && !s.unwanted && unwanted[s.key] {
			s.unwanted = true
			if s.dropper != nil {
				told = append(told, s.dropper)
			}
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
	for _, d := range told {
		d.Drop()
	}
	for i := range skipped {
		w.tell(&skipped[i], Answer{Fail: Fail(CodeUnavailable, "nobody waits for the result any more")})
	}
}
