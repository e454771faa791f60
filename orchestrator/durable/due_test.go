package durable_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// armer arms a timer of as long as its message's name says, on the clock that
// its body says, and counts what fires.
type armer struct{}

func (armer) Turn(now durable.Time, in *durable.Instance, messages []durable.Message) (o durable.Outcome, err error) {
	o.Head = append([]byte{}, in.Head...)
	for i, m := range messages {
		if m.Op == durable.OpTimer {
			o.Head = append(o.Head, 1)
			continue
		}
		d, _ := time.ParseDuration(m.Name)
		clock := durable.Clock(m.Body[0])
		o.Timers = append(o.Timers, durable.Timer{Due: durable.Due{Clock: clock, At: now.At(clock) + d.Milliseconds()}, Task: in.Turns*100 + uint64(i)})
		o.Reply = append(o.Reply, durable.Reply{To: m.Return})
	}
	return o, nil
}

func TestNextDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, err := durable.Open(memstore.New(memstore.Options{Partitions: 4}), durable.Options{
			Behaviors: map[durable.Kind]durable.Behavior{'a': armer{}}, UptimeDelay: time.Hour, UptimeStore: 24 * time.Hour,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		arm := func(key, d string, clock durable.Clock) {
			t.Helper()
			if _, err := h.Ask(context.Background(), durable.Message{To: durable.ID{Kind: 'a', Key: key}, Op: durable.OpUser, Name: d, Body: []byte{byte(clock)}}); err != nil {
				t.Fatal(err)
			}
		}
		due := func(want time.Duration, there bool) {
			t.Helper()
			if d, ok, err := h.NextDue(); d != want || ok != there || err != nil {
				t.Errorf("%v %v %v, want %v %v", d, ok, err, want, there)
			}
		}
		due(0, false)
		arm("far", "20h", durable.Wall)
		due(20*time.Hour, true)
		arm("up", "9h", durable.Uptime)
		due(10*time.Hour, true) // it stands for an hour
		arm("near", "8h", durable.Wall)
		due(8*time.Hour, true)
		commits := h.Stats().Commits.Load()
		time.Sleep(8*time.Hour - time.Minute)
		due(time.Minute, true)
		if n := h.Stats().Commits.Load() - commits; n != 0 {
			t.Errorf("%d commits while nothing happened: uptime is stored but once a day", n)
		}
		time.Sleep(13 * time.Hour)
		synctest.Wait()
		due(0, false)
	})
}

// A reload loses what is in memory, and nothing else.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openCounters(t, memstore.New(memstore.Options{Partitions: 4}))
		for range 5 {
			if _, err := h.Ask(context.Background(), durable.Message{To: durable.ID{Kind: 'c', Key: "a"}, Op: durable.OpUser, Name: "b"}); err != nil {
				t.Fatal(err)
			}
			h.Reload()
			h.Reload()
		}
		synctest.Wait()
		s, err := h.Read(durable.ID{Kind: 'c', Key: "b"})
		if err != nil || len(s.Head) != 8 || s.Head[7] != 5 || h.Healthy() != nil {
			t.Errorf("%+v %v", s, err)
		}
		if n := h.Stats().Recoveries.Load(); n < 5 || n > 10 {
			t.Errorf("%d recoveries", n)
		}
		if n := h.Stats().CacheMisses.Load(); n < 5 {
			t.Errorf("%d instances were read from the store: memory was kept", n)
		}
		h.Close()
	})
}
