package entities_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
)

// banks are the accounts that errands move money between.
const banks = 4

// itinerary is how far a journey is. Everything counted here has a counterpart
// outside that must agree in the end.
type itinerary struct {
	Nudges, Coins, Chores, Jar, Tips int
}

// The requests and events of one journey.
const (
	allNudges = 6
	allCoins  = 6
)

var nudges = orchestrator.DefineRequest[int, int]("nudge")

// choreBook notes what the activity really did: by the key of the call, its input.
type choreBook struct {
	mu   sync.Mutex
	done map[string]string
	bad  []string
}

var chores choreBook

func (b *choreBook) note(key, what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if was, ok := b.done[key]; ok && was != what {
		b.bad = append(b.bad, fmt.Sprintf("%s was done as %s and as %s", key, was, what))
	}
	b.done[key] = what
}

var chore = orchestrator.DefineActivity("chore", func(ctx context.Context, what string) (string, error) {
	info := orchestrator.InfoOf(ctx)
	if info.Attempt == 1 && len(what)%2 == 0 {
		return "", errors.New("not at the first go")
	}
	chores.note(info.Key, what)
	return what, nil
}, orchestrator.WithRetry(orchestrator.Retry{Attempts: 2, First: time.Millisecond}))

// errand moves money between two banks under locks, and now and then fails with
// them in its hands.
var errand = orchestrator.Define("errand", func(c *orchestrator.Context, _ orchestrator.None) (int, error) {
	r := c.Rand()
	from, to := fmt.Sprint("bank", r.IntN(banks)), fmt.Sprint("bank", r.IntN(banks))
	unlock, err := entities.Lock(c, purses.ID(from), purses.ID(to))
	if err != nil {
		return 0, err
	}
	if r.IntN(3) == 0 {
		return 0, errors.New("changed its mind")
	}
	coins, err := entities.All(count.Go(c, from, struct{}{}), count.Go(c, to, struct{}{}))
	if err != nil {
		return 0, err
	}
	if _, err := chore.Call(c, c.InstanceID()); err != nil {
		return 0, err
	}
	if n := 1 + r.IntN(9); from != to { // both in one turn: done or not, however it ends
		err = errors.Join(become.Signal(c, from, coins[0]-n), become.Signal(c, to, coins[1]+n))
	}
	if r.IntN(2) == 0 {
		unlock()
	}
	return 1, err
}, orchestrator.Retrying(orchestrator.Retry{Attempts: 50}))

// hog takes locks, continues as new with them, and never gives them up.
var hog = orchestrator.Define("hog", func(c *orchestrator.Context, round int) (int, error) {
	r := c.Rand()
	_, err := entities.Lock(c, purses.ID(fmt.Sprint("bank", r.IntN(banks))), purses.ID(fmt.Sprint("bank", r.IntN(banks))))
	if err != nil {
		return 0, err
	}
	if round < 2 {
		return 0, orchestrator.ContinueAsNew(c, round+1)
	}
	return 0, c.Sleep(time.Hour)
})

// journey does one thing or another, and then takes a nudge or a coin,
// whichever comes first, until it has had them all. What it asked for and did
// not take is for the next generation.
var journey = orchestrator.Define("journey", func(c *orchestrator.Context, it itinerary) (itinerary, error) {
	for {
		if it.Nudges == allNudges && it.Coins == allCoins {
			return it, nil
		}
		if err := it.travel(c); err != nil {
			return it, err
		}
		nudge, coin := nudges.Go(c), orchestrator.EventGo[int](c, "coin")
		if orchestrator.Any(nudge, coin) == 0 {
			r, err := nudge.Get()
			if err != nil {
				return it, err
			}
			it.Nudges++
			c.Publish([]byte(strconv.Itoa(r.In)))
			r.Answer(it.Nudges)
		} else {
			got, err := coin.Get()
			if err != nil || got.Value != it.Coins {
				return it, fmt.Errorf("coin %d came in place of %d: %w", got.Value, it.Coins, err)
			}
			it.Coins++
		}
		if c.Rand().IntN(2) == 0 {
			return it, orchestrator.ContinueAsNew(c, it)
		}
		nudge.Cancel()
		coin.Cancel()
	}
})

func (it *itinerary) travel(c *orchestrator.Context) error {
	what := fmt.Sprintf("%s, %+v", c.InstanceID(), *it)
	switch c.Rand().IntN(6) {
	case 0:
		it.Chores++
		got, err := chore.Call(c, what)
		if err == nil && got != what {
			err = fmt.Errorf("%q was done, not %q", got, what)
		}
		return err
	case 1:
		it.Chores += 3
		_, err := orchestrator.All(chore.Go(c, what+"a"), chore.Go(c, what+"bb"), chore.Go(c, what+"ccc"))
		return err
	case 2:
		n, err := errand.Call(c, orchestrator.None{})
		it.Chores += n
		return err
	case 3:
		begin, wait := c.Now(), time.Duration(1+c.Rand().IntN(4))*time.Millisecond
		long, short := c.UptimeTimer(time.Hour), c.Timer(wait)
		if i := orchestrator.Any(long, short); i != 1 || c.Now().Sub(begin) < wait {
			return fmt.Errorf("timer %d fired after %v, not %v", i, c.Now().Sub(begin), wait)
		}
		long.Cancel()
	case 4:
		it.Jar++
		n, err := pay.Call(c, "jar of "+c.InstanceID(), 1)
		if err == nil && n != it.Jar {
			err = fmt.Errorf("payment %d made %d", it.Jar, n)
		}
		return err
	case 5:
		it.Tips++
		return pay.Signal(c, "tips", 1)
	}
	return nil
}
