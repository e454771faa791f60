package durable

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

// Watchers that begin at any moment, under load, miss nothing.
func TestWatchWithoutGap(t *testing.T) {
	const requests = 400
	h := openHost(t, NewTestStore(2), publishing)
	id := ID{Kind: kindTest, Key: "x"}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(2)
		go func() {
			defer wg.Done()
			for n := range requests / 8 {
				ask(t, h, id, fmt.Sprint(i, "-", n))
			}
		}()
		go func() {
			defer wg.Done()
			after := uint64(i * 20)
			for after < requests {
				w, err := h.Watch(id, after)
				if err != nil {
					t.Error(err)
					return
				}
				if now := w.until; now < after {
					after = now // an after beyond the last event is taken as the last
				}
				for n := 0; n < 30 && after < requests; n++ {
					u, err := w.Next(context.Background())
					if err != nil {
						t.Error(err)
						break
					}
					for _, e := range u.Events {
						if after++; e.Number != after {
							t.Errorf("event %d where %d was due", e.Number, after)
						}
					}
				}
				w.Close()
			}
		}()
	}
	wg.Wait()
}

// A watcher that does not read is cut and told so; one that is closed leaves
// nothing behind.
func TestWatcherSlowAndClosed(t *testing.T) {
	h := openHost(t, NewTestStore(1), turnFunc(func(_ Time, _ *Instance, messages []Message) (o Outcome, err error) {
		o.Head = []byte{1}
		for range 1000 {
			o.Publish = append(o.Publish, []byte{1})
		}
		o.Reply = []Reply{{To: messages[0].Return}}
		return o, nil
	}))
	id := ID{Kind: kindTest, Key: "x"}
	slow, err := h.Watch(id, 0)
	if err != nil {
		t.Fatal(err)
	}
	closed, err := h.Watch(id, 0)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	closed.Close()
	for n := range 6 {
		ask(t, h, id, fmt.Sprint(n))
	}
	if _, err := slow.Next(context.Background()); !errors.Is(err, ErrSlow) {
		t.Errorf("slow: %v", err)
	}
	if _, err := closed.Next(context.Background()); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	idle, err := h.Watch(ID{Kind: kindTest, Key: "idle"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if u, err := idle.Next(ctx); err != nil || u.Exists {
		t.Errorf("first update: %+v, %v", u, err)
	}
	if _, err := idle.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %v", err)
	}
	idle.Close()
	if err := h.Retry(context.Background(), id); err == nil { // it comes behind the close
		t.Error("an instance that is well was retried")
	}
	if n := h.Stats().Watchers.Load(); n != 0 {
		t.Errorf("%d watchers are left", n)
	}
}

// A watcher of an instance that is replaced sees nothing of the old one after
// the new one, and events that were erased in the batch of their making never.
func TestWatchReplaced(t *testing.T) {
	s := newSingle(t, 1, func(_ Time, in *Instance, messages []Message) (o Outcome, err error) {
		o.Head = []byte{1}
		for _, m := range messages {
			o.Publish = append(o.Publish, []byte(m.Name))
			o.Replace = o.Replace || m.Name == "replace"
			if m.Name == "publish, then replace" {
				o.Send = append(o.Send, Message{To: in.ID, Op: OpUser, Name: "replace"})
			}
		}
		return o, nil
	})
	w := &Watcher{id: ID{Kind: kindTest, Key: "x"}, wake: make(chan struct{}, 1), host: &Host{store: s.store, partitions: []*partition{s.partition}}}
	s.commit(SimApplied, s.client("x", "a", nil))
	s.commit(SimApplied, parcel{kind: toWatch, watcher: w, done: func(Answer) {}})
	s.commit(SimApplied, s.client("x", "publish, then replace", nil))
	u, ok, err := w.take()
	if err != nil || !ok || len(u.Events) != 1 || u.Events[0].Number != 1 || string(u.Events[0].Body) != "replace" {
		t.Errorf("got %+v, %t, %v", u, ok, err)
	}
}

// Uptime stands still after a start until the delay is over, is stored while
// one of its timers is armed, and never runs back over a restart.
func TestUptimeClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewTestStore(1)
		id := ID{Kind: kindTest, Key: "x"}
		fired := make(chan Time, 1)
		b := turnFunc(func(now Time, _ *Instance, messages []Message) (o Outcome, err error) {
			o.Head = []byte{1}
			for _, m := range messages {
				if m.Op == OpTimer {
					fired <- now
					continue
				}
				o.Timers = []Timer{{Due: Due{Uptime, 10_000}, Task: 1}}
				o.Reply = []Reply{{To: m.Return}}
			}
			return o, nil
		})
		open := func() *Host {
			h, err := Open(store, Options{Behaviors: map[Kind]Behavior{kindTest: b}, Logger: zerolog.Nop()})
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		h := open()
		ask(t, h, id, "arm")
		time.Sleep(2900 * time.Millisecond)
		if up := h.Now(id).Uptime; up != 0 {
			t.Errorf("uptime ran to %d before the delay was over", up)
		}
		time.Sleep(4100 * time.Millisecond)
		if up := h.Now(id).Uptime; up != 4000 {
			t.Errorf("uptime is %d, want 4000", up)
		}
		h.Close()
		store = store.Reopen()
		time.Sleep(time.Hour) // an outage costs nobody a second
		h = open()
		up := h.Now(id).Uptime
		if up < 4000-uptimeStoreMS || up > 4000 {
			t.Errorf("uptime is %d after a restart, want 4000 or up to %d less", up, uptimeStoreMS)
		}
		time.Sleep(3*time.Second + time.Duration(10_000-up-1)*time.Millisecond)
		synctest.Wait()
		select {
		case now := <-fired:
			t.Errorf("the timer fired at %v", now)
		default:
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		select {
		case now := <-fired:
			if now.Uptime < 10_000 {
				t.Errorf("the timer fired at %v", now)
			}
		default:
			t.Error("the timer did not fire")
		}
		h.Close()
	})
}
