package game_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/everturn/everturn/game"
)

// TestThousandTickets: a thousand people who come at once all have an opponent
// within seconds, and nobody has two.
func TestThousandTickets(t *testing.T) {
	if testing.Short() {
		t.Skip("a thousand tickets")
	}
	h := openHouse(t)
	h.quick = true
	h.restart()
	rnd := rand.New(rand.NewPCG(1, 4))
	begun := time.Now()
	matches := map[string]int{}
	var mu sync.Mutex
	var people sync.WaitGroup
	for n := range 1_000 {
		p := game.Player{ID: fmt.Sprintf("player%020d", n), Name: "Somebody"}
		rating := 1450 + 100*rnd.Float64() // all within the first window
		people.Go(func() {
			id, err := h.EnqueueRated(ctx, p, rated, rating)
			if err != nil {
				t.Error(err)
				return
			}
			got, err := h.Ticket(ctx, p.ID, id, 20*time.Second)
			if err != nil || got.State != game.TicketMatched {
				t.Errorf("%s: %+v, %v", p.ID, got, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			matches[got.Match]++
		})
	}
	people.Wait()
	t.Logf("%v", time.Since(begun))
	for id, n := range matches {
		if n != 2 {
			t.Errorf("match %s has %d tickets", id, n)
		}
	}
	if len(matches) != 500 {
		t.Errorf("%d matches", len(matches))
	}
}
