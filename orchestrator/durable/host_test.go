package durable_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// counter adds one for each message, answers with the sum, and passes what its
// message names on to another counter.
type counter struct{}

func (counter) Turn(now durable.Time, in *durable.Instance, messages []durable.Message) (o durable.Outcome, err error) {
	var n uint64
	if in.Exists {
		n = binary.BigEndian.Uint64(in.Head)
	}
	for _, m := range messages {
		n++
		if !m.Return.IsZero() {
			o.Reply = append(o.Reply, durable.Reply{To: m.Return, Body: fmt.Append(nil, n)})
		}
		if m.Name != "" {
			o.Send = append(o.Send, durable.Message{To: durable.ID{Kind: 'c', Key: m.Name}, Op: durable.OpUser})
		}
	}
	o.Head = binary.BigEndian.AppendUint64(nil, n)
	return o, nil
}

func openCounters(t testing.TB, store durable.Store) *durable.Host {
	h, err := durable.Open(store, durable.Options{Behaviors: map[durable.Kind]durable.Behavior{'c': counter{}}, Logger: zerolog.Nop(), UptimeDelay: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func TestHostCountsAndPassesOn(t *testing.T) {
	h := openCounters(t, memstore.New(memstore.Options{Partitions: 8}))
	ctx := context.Background()
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 10 {
				if _, err := h.Ask(ctx, durable.Message{To: durable.ID{Kind: 'c', Key: fmt.Sprint(i)}, Op: durable.OpUser, Name: "sum"}); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	w, err := h.Watch(durable.ID{Kind: 'c', Key: "sum"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for {
		u, err := w.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if u.Exists && binary.BigEndian.Uint64(u.Head) == 1000 {
			break
		}
	}
	if g := h.Stats().Gaps.Load(); g != 0 {
		t.Errorf("%d gaps", g)
	}
}
