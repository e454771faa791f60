package durable

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// FailingStore is a store for tests of the real host.
type FailingStore interface {
	Store
	FailCommit(n int, o SimOutcome)
	SetHealthy(error)
	Reopen() FailingStore
}

// NewTestStore is set by sim_store_test.go.
var NewTestStore func(partitions int) FailingStore

func openHost(t testing.TB, store Store, b Behavior) *Host {
	t.Helper()
	h, err := Open(store, Options{Behaviors: map[Kind]Behavior{kindTest: b}, Logger: zerolog.Nop(), UptimeDelay: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func ask(t testing.TB, h *Host, id ID, name string) Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	a, err := h.Ask(ctx, Message{To: id, Op: OpUser, Name: name, Return: Return{Caller: "c", Request: name}})
	if errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%s to %s: no answer", name, id)
	}
	return a
}

// publishing publishes each request's name once and answers with the number.
var publishing = turnFunc(func(_ Time, in *Instance, messages []Message) (o Outcome, err error) {
	o.Head = []byte{1}
	for i, m := range messages {
		o.Publish = append(o.Publish, []byte(m.Name))
		o.Reply = append(o.Reply, Reply{To: m.Return, Body: fmt.Append(nil, in.Events+uint64(i)+1)})
	}
	return o, nil
})

// A commit that fails in any way loses no acknowledged request, does none twice,
// and leaves watchers without a gap.
func TestHostRecovers(t *testing.T) {
	for name, outcome := range map[string]SimOutcome{"untold": SimUntold, "lost": SimLost, "refused": SimRefused} {
		t.Run(name, func(t *testing.T) {
			store := NewTestStore(4)
			h := openHost(t, store, publishing)
			id := ID{Kind: kindTest, Key: "x"}
			w, err := h.Watch(id, 0)
			if err != nil {
				t.Fatal(err)
			}
			for n := range 20 {
				if n%3 == 1 {
					store.FailCommit(1, outcome)
				}
				request := fmt.Sprint("r", n)
				a := ask(t, h, id, request)
				for outcome == SimRefused && a.Fail != nil { // told to try again
					if a.Fail.Code != CodeUnavailable {
						t.Fatalf("told %v", a.Fail)
					}
					a = ask(t, h, id, request)
				}
				if a.Fail != nil || string(a.Body) != fmt.Sprint(n+1) {
					t.Fatalf("request %d: %q, %v", n, a.Body, a.Fail)
				}
			}
			var last uint64
			for last < 20 {
				u, err := w.Next(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range u.Events {
					if e.Number != last+1 || string(e.Body) != fmt.Sprint("r", last) {
						t.Fatalf("event %d %q after %d", e.Number, e.Body, last)
					}
					last = e.Number
				}
			}
			s := h.Stats()
			if outcome == SimRefused && s.Refused.Load() < 6 || outcome != SimRefused && s.Recoveries.Load() < 6 {
				t.Errorf("%d refused, %d recoveries", s.Refused.Load(), s.Recoveries.Load())
			}
			if err := h.Healthy(); err != nil {
				t.Errorf("not healthy again: %v", err)
			}
		})
	}
}

// unrecoverable is a store that cannot be opened again.
type unrecoverable struct{ FailingStore }

func (unrecoverable) Recover() error { return errors.New("no disk") }

// When the store cannot be recovered everybody is told once, and Close returns.
func TestHostFatal(t *testing.T) {
	store := NewTestStore(2)
	store.FailCommit(1, SimLost)
	fatal := make(chan error, 1)
	h, err := Open(unrecoverable{store}, Options{
		Behaviors: map[Kind]Behavior{kindTest: publishing}, Logger: zerolog.Nop(), OnFatal: func(err error) { fatal <- err },
	})
	if err != nil {
		t.Fatal(err)
	}
	if a := ask(t, h, ID{Kind: kindTest, Key: "x"}, "r"); a.Fail == nil || a.Fail.Code != CodeUnavailable {
		t.Errorf("told %v", a.Fail)
	}
	if err := <-fatal; err == nil {
		t.Error("OnFatal was told no error")
	}
	var f *Failure
	if _, err := h.Read(ID{Kind: kindTest, Key: "x"}); !errors.As(err, &f) || f.Code != CodeUnavailable {
		t.Errorf("a read gives %v", err)
	}
	if a := ask(t, h, ID{Kind: kindTest, Key: "y"}, "r"); a.Fail == nil || a.Fail.Code != CodeUnavailable {
		t.Errorf("told %v", a.Fail)
	}
	if _, err := h.Watch(ID{Kind: kindTest, Key: "x"}, 0); err == nil {
		t.Error("a watch began")
	}
	if h.Healthy() == nil {
		t.Error("it says that it is healthy")
	}
	h.Close()
}

// Close in the middle of everything, recoveries too, answers every post once
// and returns; a second Close is the same.
func TestHostCloseAnswersAll(t *testing.T) {
	for round := range 30 {
		store := NewTestStore(4)
		for n := 1; n < 40; n += 1 + round%5 {
			store.FailCommit(n, SimOutcome(n%4))
		}
		h := openHost(t, store, publishing)
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Add(10)
			go func() {
				for n := range 10 {
					h.Post(Message{To: ID{Kind: kindTest, Key: fmt.Sprint(i)}, Op: OpUser, Return: Return{Caller: "c", Request: fmt.Sprint(n)}}, func(Answer) { wg.Done() })
					if n == 5 {
						if w, err := h.Watch(ID{Kind: kindTest, Key: fmt.Sprint(i)}, 0); err == nil {
							w.Close()
						}
					}
				}
			}()
		}
		if round%2 == 0 {
			go h.Close()
		}
		h.Close()
		wg.Wait() // a second answer would panic
		if err := h.Close(); err != nil {
			t.Errorf("second close: %v", err)
		}
	}
}

// The door closes when too much waits, and not before.
func TestHostBusy(t *testing.T) {
	hold, held := make(chan struct{}), make(chan struct{})
	var once sync.Once
	h := openHost(t, NewTestStore(1), turnFunc(func(_ Time, in *Instance, messages []Message) (o Outcome, err error) {
		once.Do(func() { close(held); <-hold })
		o.Head = []byte{1}
		for _, m := range messages {
			o.Reply = append(o.Reply, Reply{To: m.Return})
		}
		return o, nil
	}))
	var wg sync.WaitGroup
	var mu sync.Mutex
	busy := 0
	post := func() {
		wg.Add(1)
		h.Post(Message{To: ID{Kind: kindTest, Key: "x"}, Op: OpUser}, func(a Answer) {
			mu.Lock()
			defer mu.Unlock()
			if a.Fail != nil && a.Fail.Code == CodeBusy {
				busy++
			} else if a.Fail != nil {
				t.Error(a.Fail)
			}
			wg.Done()
		})
	}
	post()
	<-held
	for range mailMessages {
		post()
	}
	if busy != 0 {
		t.Errorf("%d were refused before the mailbox was full", busy)
	}
	for range 10 {
		post()
	}
	if busy != 10 {
		t.Errorf("%d of 10 were refused at a full mailbox", busy)
	}
	close(hold)
	wg.Wait()
	if n := h.Stats().Busy.Load(); n != 10 {
		t.Errorf("counted %d", n)
	}
}

func TestPostRefusesBadMessages(t *testing.T) {
	h := openHost(t, NewTestStore(1), publishing)
	for code, m := range map[Code]Message{
		CodeTooLarge:   {To: ID{Kind: kindTest, Key: "x"}, Body: make([]byte, MaxHead+1)},
		CodeBadRequest: {To: ID{Kind: kindTest, Key: string(make([]byte, maxIDBytes+1))}},
	} {
		if a, _ := h.Ask(context.Background(), m); a.Fail == nil || a.Fail.Code != code {
			t.Errorf("told %v, want %s", a.Fail, code)
		}
	}
	if a, _ := h.Ask(context.Background(), Message{To: ID{Kind: kindTest, Name: "a\x00b"}}); a.Fail == nil || a.Fail.Code != CodeBadRequest {
		t.Errorf("told %v", a.Fail)
	}
}

// Close returns although the store refuses what is left to do.
func TestHostCloseOnFullDisk(t *testing.T) {
	store := NewTestStore(1)
	h := openHost(t, store, turnFunc(func(now Time, _ *Instance, messages []Message) (o Outcome, err error) {
		o.Head = []byte{1}
		for _, m := range messages {
			if m.Op == OpTimer { // once more, for ever
				o.Timers = append(o.Timers, Timer{Due: Due{Clock: Wall, At: now.Wall + 1}, Task: m.Task + 1})
				continue
			}
			o.Timers = append(o.Timers, Timer{Due: Due{Clock: Wall, At: now.Wall + 1}, Task: 1})
			o.Reply = append(o.Reply, Reply{To: m.Return})
		}
		return o, nil
	}))
	ask(t, h, ID{Kind: kindTest, Key: "x"}, "begin")
	store.SetHealthy(errors.New("no space left"))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for h.Stats().Refused.Load() == 0 && ctx.Err() == nil {
		runtime.Gosched()
	}
	closed := make(chan error, 1)
	go func() { closed <- h.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-ctx.Done():
		t.Fatal("Close does not return")
	}
}
