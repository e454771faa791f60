package durable_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
)

// What a host keeps for later must not leave the bubble that it was made in: the
// runtime ends the process that uses a bubble's channel from elsewhere.
func TestAskInOneBubbleAfterAnother(t *testing.T) {
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			h, err := durable.Open(memstore.New(memstore.Options{Partitions: 1}), durable.Options{
				Behaviors: map[durable.Kind]durable.Behavior{'a': armer{}},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			m := durable.Message{To: durable.ID{Kind: 'a', Key: "x"}, Op: durable.OpUser, Name: "1h", Body: []byte{byte(durable.Wall)}}
			if _, err := h.Ask(context.Background(), m); err != nil {
				t.Fatal(err)
			}
		})
	}
}
