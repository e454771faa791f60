package durable

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// workers does work outside of turns: as many tasks at once as are allowed, in
// the order in which they were handed out. Its goroutines end when there is
// nothing to do.
type workers struct {
	host   *Host
	work   Worker
	limit  int
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	queue   []job
	running int
	slots   map[*slot]bool // of the goroutines that run
	group   sync.WaitGroup
}

type job struct {
	partition int
	number    uint64
	Work
}

func newWorkers(h *Host, work Worker, limit int) *workers {
	w := &workers{host: h, work: work, limit: limit, slots: map[*slot]bool{}}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// submit queues a task. Memory is bounded by what partitions hand out at once.
func (w *workers) submit(partition int, number uint64, task Work) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() != nil {
		return
	}
	w.queue = append(w.queue, job{partition, number, task})
	if w.running < w.limit {
		w.running++
		w.group.Add(1)
		go w.loop()
	}
}

func (w *workers) loop() {
	defer w.group.Done()
	s := &slot{pool: w}
	for {
		w.mu.Lock()
		if len(w.queue) == 0 || w.ctx.Err() != nil {
			w.running--
			delete(w.slots, s)
			w.mu.Unlock()
			return
		}
		j := w.queue[0]
		w.queue[0] = job{}
		w.queue = w.queue[1:]
		if !s.busy {
			w.slots[s] = true
		}
		s.busy, s.key, s.unwanted, s.dropper = true, j.key(), false, nil
		w.mu.Unlock()
		j.slot = s
		w.do(&j)
	}
}

func (w *workers) do(j *job) {
	w.host.stats.Working.Add(1)
	a := w.safe(j.Work)
	w.host.stats.Working.Add(-1)
	if n := len(a.Body) + a.Fail.size(); n > MaxHead {
		a = Answer{Fail: Fail(CodeTooLarge, fmt.Sprintf("the result of %s has %d bytes, more than %d", j.Name, n, MaxHead))}
	}
	w.tell(j, a)
}

// tell gives a result to the partition.
func (w *workers) tell(j *job, a Answer) {
	if w.ctx.Err() != nil {
		return // it is done again after the next start
	}
	w.host.partitions[j.partition].mail.put(parcel{kind: fromWork, n: j.number, m: Message{
		To: j.ID, Op: OpResult, Incarnation: j.Incarnation, Generation: j.Generation, Task: j.Task, Body: a.Body, Fail: a.Fail,
		Stamp: w.host.partitions[j.partition].clock.now(),
	}})
}

// safe turns a panic of the worker into a failure.
func (w *workers) safe(task Work) (a Answer) {
	defer func() {
		if r := recover(); r != nil {
			a = Answer{Fail: &Failure{Code: CodeInternal, Type: "panic", Message: fmt.Sprint(r), Stack: string(debug.Stack())}}
		}
	}()
	if w.work == nil {
		return Answer{Fail: Fail(CodeNotFound, "this host has no worker")}
	}
	return w.work(w.ctx, task)
}

func (w *workers) close() {
	w.mu.Lock()
	w.cancel()
	w.queue = nil
	w.mu.Unlock()
	w.group.Wait()
}
