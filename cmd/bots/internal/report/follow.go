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
	known bool // last is of this run
	all   serverLog
	fresh serverLog // since the last take
}

// serverLog is what was learned in a stretch of time.
type serverLog struct {
	counted    Figures // its gauges are the latest
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

// run asks until the context ends, and once more then.
func (f *follower) run(ctx context.Context) {
	defer close(f.stopped)
	tick := time.NewTicker(f.every)
	defer tick.Stop()
	for {
		f.ask()
		select {
		case <-ctx.Done():
			f.ask()
			return
		case <-tick.C:
		}
	}
}

// ask has a context of its own, because the last answer comes after the end.
func (f *follower) ask() {
	ctx, cancel := context.WithTimeout(context.Background(), f.every)
	defer cancel()
	now, err := f.server.Scrape(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, log := range []*serverLog{&f.all, &f.fresh} {
		log.learn(now, err, f.last, f.known)
	}
	if err == nil {
		f.last, f.known = now, true
	}
}

// learn takes an answer, which tells what was done since the one before.
func (l *serverLog) learn(now Figures, err error, last Figures, known bool) {
	if err != nil {
		l.missed++
		return
	}
	l.answers++
	l.memory, l.goroutines = max(l.memory, now.Memory), max(l.goroutines, now.Goroutines)
	if !known {
		last = now
	}
	if now.Started != last.Started {
		l.restarts++
	}
	done := now.since(&last)
	l.counted = l.counted.plus(&done)
}

// take gives what was learned since it was last called.
func (f *follower) take() serverLog {
	f.mu.Lock()
	defer f.mu.Unlock()
	fresh := f.fresh
	f.fresh = serverLog{}
	return fresh
}
