package report

import (
	"context"
	"sync"
	"time"
)

// follower asks a server for its figures again and again, in a goroutine of its
// own.
type follower struct {
	server  Scraper
	every   time.Duration
	stopped chan struct{} // closed when the goroutine has ended

	mu    sync.Mutex
	last  Figures
	at    time.Time // of last; zero: there was no answer yet
	all   serverLog
	fresh serverLog // since the last take
}

// serverLog is what was learned in a stretch of time.
type serverLog struct {
	counted    Figures // its gauges are the latest
	seconds    float64 // that it is of
	answers    int
	missed     int
	restarts   int
	memory     float64 // most, in bytes
	goroutines float64 // most
}

// follow starts, with figures to count from. Without a server there is nothing
// to follow, and nothing is learned.
func follow(ctx context.Context, server Scraper, every time.Duration) *follower {
	f := &follower{server: server, every: every, stopped: make(chan struct{})}
	if server == nil {
		close(f.stopped)
		return f
	}
	go f.run(ctx)
	return f
}

// run asks until the context ends, and once more then. It asks in the middle
// between two points of the timeline, so that each has one answer.
func (f *follower) run(ctx context.Context) {
	defer close(f.stopped)
	tick := time.NewTicker(f.every / 2)
	defer tick.Stop()
	for {
		f.ask()
		select {
		case <-ctx.Done():
			f.ask()
			return
		case <-tick.C:
			tick.Reset(f.every)
		}
	}
}

// ask has a context of its own, because the last answer comes after the end.
func (f *follower) ask() {
	ctx, cancel := context.WithTimeout(context.Background(), f.every)
	defer cancel()
	now, err := f.server.Scrape(ctx)
	at := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err != nil:
		f.all.missed++
		f.fresh.missed++
		return
	case f.at.IsZero():
		f.last, f.at = now, at // what it did before is not of this run
	}
	for _, log := range []*serverLog{&f.all, &f.fresh} {
		log.learn(now, &f.last, at.Sub(f.at))
	}
	f.last, f.at = now, at
}

// learn takes an answer, which tells what was done since the one before.
func (l *serverLog) learn(now Figures, before *Figures, since time.Duration) {
	l.answers++
	l.memory, l.goroutines = max(l.memory, now.Memory), max(l.goroutines, now.Goroutines)
	if now.Started != before.Started {
		l.restarts++
	}
	done := now.since(before)
	l.counted = l.counted.plus(&done)
	l.seconds += since.Seconds()
}

// take gives what was learned since it was last called.
func (f *follower) take() serverLog {
	f.mu.Lock()
	defer f.mu.Unlock()
	fresh := f.fresh
	f.fresh = serverLog{}
	return fresh
}
