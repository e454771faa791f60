package scenario

import (
	"context"
	"sync"
	"time"
)

// settling is how long moves that are under way may take to come to their end after the last was begun.
const settling = 10 * time.Second

// openAtOnce is how many tables are opened at the same time.
const openAtOnce = 32

// hall is all tables of a run.
type hall struct {
	o       *Options
	tables  []*table
	life    context.Context // of the connections
	end     context.CancelFunc
	running sync.WaitGroup
}

// openHall opens the tables: evenly over the ramp, each of which plays as soon as it is open; or, without a ramp, all
// before any plays. It fails with the first that cannot be opened.
func openHall(ctx context.Context, o *Options, prepare func(*table)) (*hall, error) {
	h := &hall{o: o, tables: make([]*table, o.Matches)}
	h.life, h.end = context.WithCancel(context.WithoutCancel(ctx))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var opening sync.WaitGroup
	room := make(chan struct{}, openAtOnce)
	began := time.Now()
	if o.Ramp > 0 {
		o.Begin()
	}
	for n := range h.tables {
		if !sleep(ctx, time.Until(began.Add(o.Ramp*time.Duration(n)/time.Duration(o.Matches)))) {
			break
		}
		room <- struct{}{}
		opening.Go(func() {
			defer func() { <-room }()
			t, err := openTable(ctx, h, n, prepare)
			if err != nil {
				cancel(err)
				return
			}
			h.tables[n] = t
		})
	}
	opening.Wait()
	if err := context.Cause(ctx); err != nil {
		h.leave()
		return nil, err
	}
	if o.Ramp == 0 {
		o.Begin()
		for _, t := range h.tables {
			t.release()
		}
	}
	return h, nil
}

// play lets the tables play for as long as is asked for, or until the context ends, then lets what is under way come to
// its end. The connections stay.
func (h *hall) play(ctx context.Context) {
	sleep(ctx, h.o.Duration)
	h.settle(context.WithoutCancel(ctx))
}

func (h *hall) settle(ctx context.Context) {
	h.o.End()
	for _, t := range h.tables {
		t.close()
	}
	ctx, cancel := context.WithTimeout(ctx, settling)
	defer cancel()
	for _, t := range h.tables {
		for !t.quiet() {
			if !sleep(ctx, 5*time.Millisecond) {
				t.unanswered()
				break
			}
		}
	}
}

// nextAck waits until any move is acknowledged; not longer than what is under way may take.
func (h *hall) nextAck(ctx context.Context) {
	acked := make(chan struct{})
	h.o.acked.Store(&acked)
	ctx, cancel := context.WithTimeout(ctx, settling)
	defer cancel()
	select {
	case <-acked:
	case <-ctx.Done():
	}
}

// leave ends the connections.
func (h *hall) leave() {
	h.end()
	h.running.Wait()
}

// drop cuts all connections at once.
func (h *hall) drop() {
	for _, t := range h.tables {
		for _, p := range t.players {
			p.client.Drop()
		}
	}
}

// sleep waits, and says whether the context still goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
