package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/wire"
)

func timed() game.NewMatch {
	return game.NewMatch{Game: "tally", Clock: &game.ClockSpec{Initial: 60_000, Increment: 500}}
}

// backlog takes events until live, and checks that the last one, and no other, carries the view.
func backlog(c *client, match string, after, last int64) {
	c.t.Helper()
	for seq := after + 1; seq <= last; seq++ {
		ev := expect[wire.Ev](c)
		if ev.Match != match || ev.Seq != seq || (len(ev.View) > 0) != (seq == last) {
			c.t.Fatalf("event %d of a backlog of %d to %d: %s", seq, after+1, last, ev.Append(nil))
		}
	}
	if live := expect[wire.Live](c); live.Seq != last || len(live.View) == 0 {
		c.t.Fatalf("live is %+v", live)
	}
}

func TestWatchAfterContinuesExactly(t *testing.T) {
	h := openHouse(t, setup{loud: true})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	h.add(m, ann, 500) // events 1 to 502
	c := h.connect(ann)
	for _, after := range []int64{502, 501, 400, 250, 2, 1, 0} {
		c.resume(m, after)
		backlog(c, m, after, 502)
	}
	h.add(m, ann, 1)
	if ev := expect[wire.Ev](c); ev.Seq != 503 || field(t, ev.View, "sum") != "501" {
		t.Fatalf("event is %+v", ev)
	}
}

// Someone who was away for a moment is served from the room.
func TestShortResumeReadsNoDatabase(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	stay := h.connect(ann)
	stay.watch(m)
	h.add(m, ann, 20)
	for range 20 {
		expect[wire.Ev](stay)
	}
	c := h.connect(ann)
	c.resume(m, 2)
	backlog(c, m, 2, 22)
	if h.desk.reads != 0 {
		t.Errorf("%d reads", h.desk.reads)
	}
}

func TestResumeWhileEventsHappen(t *testing.T) {
	h := openHouse(t, setup{loud: true, options: func(o *Options) { o.NoRateLimits = true }})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	c := h.connect(ann)
	c.watch(m)
	// One goroutine plays all the time, but never so far ahead that the client would be too slow.
	var seen atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	played := make(chan struct{})
	go func() {
		defer close(played)
		for last := int64(2); ctx.Err() == nil; last += 8 {
			h.add(m, ann, 8)
			h.eventually("the client comes along", func() bool { return seen.Load() > last-100 || ctx.Err() != nil })
		}
	}()
	for range 40 {
		for range 60 { // some of them live
			if ev, ok := c.next().(wire.Ev); ok {
				seen.Store(ev.Seq)
			}
		}
		c.send(wire.Unwatch{Match: m})
		c.fence()                          // what is under way belongs to the old watch
		c.resume(m, max(c.seqs[m]-200, 0)) // what was seen, too: every one of these must come once more
		seen.Store(until[wire.Live](c).Seq)
	}
	cancel()
	<-played
	_, last, err := h.Match(m)
	h.must(err)
	for c.seqs[m] < int64(last) {
		expect[wire.Ev](c)
	}
}

func TestNumbersThatAreWrongAreAnsweredBySync(t *testing.T) {
	h := openHouse(t, setup{loud: true})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	h.add(m, ann, 1000) // 1,002 events
	c := h.connect(ann)
	for _, test := range []struct {
		name  string
		watch wire.Watch
		reset bool
	}{
		{"of the future", wire.Watch{After: wire.Some(1003)}, true},
		{"of another epoch", wire.Watch{After: wire.Some(1000), Epoch: wire.Some(6)}, true},
		{"too old", wire.Watch{After: wire.Some(1), Epoch: wire.Some(7)}, false},
		{"none", wire.Watch{Epoch: wire.Some(6)}, false},
	} {
		test.watch.Match = m
		c.send(test.watch)
		if s := c.synced(); s.Seq != 1002 || s.Reset != test.reset {
			t.Errorf("%s: sync is %+v", test.name, s)
		}
	}
	c.resume(m, 2)
	backlog(c, m, 2, 1002) // just not too old
}

func TestBacklogThatCannotBeReadBecomesASync(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	h.desk.set(func() { h.desk.noEvents = true })
	c := h.connect(ann)
	c.resume(m, 0)
	if s := c.synced(); s.Seq != 2 {
		t.Errorf("sync is %+v", s)
	}
}

func TestWatchAgainStartsOver(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	c := h.connect(ann)
	c.watch(m)
	c.watch(m)
	c.move("k", m, "+")
	if ev := expect[wire.Ev](c); ev.Seq != 3 {
		t.Fatalf("event is %+v", ev)
	}
	if got := c.fence(); len(got) > 0 {
		t.Fatalf("it came twice: %v", got)
	}
}

func TestUnwatch(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	c := h.connect(ann)
	c.watch(m)
	c.send(wire.Unwatch{Match: m})
	c.send(wire.Unwatch{Match: m}) // again: nothing happens
	c.fence()
	if ack := c.move("k", m, "+"); ack.Seq != 3 { // needs no watch
		t.Fatalf("ack is %+v", ack)
	}
	if got := c.fence(); len(got) > 0 {
		t.Fatalf("still watching: %v", got)
	}
	h.eventually("the empty room ends", func() bool { return h.gate.census().rooms == 0 })
}

func TestUnknownMatch(t *testing.T) {
	h := openHouse(t, setup{})
	c := h.connect(h.guest("Ann"))
	const nowhere = "nothinglikethathereatall22"
	c.send(wire.Watch{Match: nowhere})
	if e := expect[wire.Error](c); e.Code != wire.CodeNotFound || e.Match != nowhere {
		t.Errorf("error is %+v", e)
	}
	if n := c.nacked(wire.Move{ID: "k", Match: nowhere, Move: "1"}, wire.CodeNotFound); n.Match != nowhere || n.ID != "k" {
		t.Errorf("nack is %+v", n)
	}
}

func TestSixteenWatches(t *testing.T) {
	h := openHouse(t, setup{options: func(o *Options) { o.NoRateLimits = true }})
	ann := h.guest("Ann")
	c := h.connect(ann)
	// Matches that are not there leave their place again.
	for range 20 {
		c.send(wire.Watch{Match: "nothinglikethathereatall22"})
		expect[wire.Error](c)
	}
	matches := make([]string, wire.MaxWatches+1)
	for i := range matches {
		matches[i] = h.match("tally", ann)
	}
	for _, m := range matches[:wire.MaxWatches] {
		c.watch(m)
	}
	last := matches[wire.MaxWatches]
	c.send(wire.Watch{Match: last})
	if e := expect[wire.Error](c); e.Code != wire.CodeBadRequest || e.Match != last {
		t.Fatalf("error is %+v", e)
	}
	c.watch(matches[0]) // again is not one more
	c.send(wire.Unwatch{Match: matches[1]})
	c.watch(last)
}

func TestSeatChangeIsASync(t *testing.T) {
	h := openHouse(t, setup{})
	ann, bob := h.guest("Ann"), h.guest("Bob")
	m := h.match("tictactoe", ann)
	a, b := h.connect(ann), h.connect(bob)
	a.watch(m)
	if s := b.watch(m); s.Seat != wire.SeatWatcher {
		t.Fatalf("sync is %+v", s)
	}
	_, err := h.Join(t.Context(), m, bob.Player)
	h.must(err)
	s := until[wire.Sync](b)
	if s.Seat != 1 {
		t.Fatalf("sync is %+v", s)
	}
	if ev := expect[wire.Ev](a); ev.Kind != wire.KindJoined {
		t.Fatalf("event is %+v", ev)
	}
	// Who was away when it happened is told too, without losing events.
	again := h.connect(bob)
	again.resume(m, 1)
	backlog(again, m, 1, 3)
	if s := expect[wire.Sync](again); s.Seat != 1 || s.Seq != 3 {
		t.Fatalf("sync is %+v", s)
	}
}

// The engine cuts followers that are slow, or all of them when it recovers: sockets stay, viewers get a sync.
func TestFollowingBreaksOff(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	var follower *game.Follower
	h.desk.set(func() { h.desk.follow = func(f *game.Follower) { follower = f } })
	c := h.connect(ann)
	c.watch(m)
	h.desk.set(func() {
		h.desk.failures = []error{
			orchestrator.Fail(orchestrator.CodeUnavailable, "recovering"), orchestrator.ErrClosed, orchestrator.ErrSlow,
		}
		follower.Close()
	})
	h.add(m, ann, 3)
	if s := until[wire.Sync](c); s.Seq < 3 {
		t.Fatalf("sync is %+v", s)
	}
	h.add(m, ann, 1)
	for c.seqs[m] < 6 {
		c.next()
	}
}

func TestMatchThatCannotBeShownAnyMore(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	c := h.connect(ann)
	for _, test := range []struct {
		err  error
		code wire.Code
	}{
		{&game.Refusal{Code: game.CodeNotFound, Message: "There is no such match"}, wire.CodeNotFound},
		{errors.New("event 7 cannot be read"), wire.CodeInternal},
	} {
		var follower *game.Follower
		h.desk.set(func() { h.desk.follow = func(f *game.Follower) { follower = f } })
		c.watch(m)
		h.desk.set(func() {
			h.desk.failures = []error{test.err}
			follower.Close()
		})
		if e := expect[wire.Error](c); e.Code != test.code || e.Match != m || strings.Contains(e.Msg, "7") {
			t.Errorf("error is %+v", e)
		}
	}
	h.desk.set(func() { h.desk.failures = []error{orchestrator.Fail(orchestrator.CodeBusy, "later")} })
	c.send(wire.Watch{Match: m})
	if e := expect[wire.Error](c); e.Code != wire.CodeUnavailable && e.Code != wire.CodeBusy {
		t.Errorf("error is %+v", e)
	}
	c.watch(m) // the client asks again
}

// A room that was late has more to show at once than an outbox holds. That is nobody's overflow.
func TestRoomThatWasLate(t *testing.T) {
	h := openHouse(t, setup{loud: true})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	c := h.connect(ann)
	c.watch(m)
	h.gate.mu.Lock()
	r := h.gate.rooms[m]
	h.gate.mu.Unlock()
	for range 3 {
		r.mu.Lock() // its goroutine waits
		h.add(m, ann, 2*wire.OutFrames)
		r.mu.Unlock()
		for last := c.seqs[m] + 2*wire.OutFrames; c.seqs[m] < last; {
			switch f := c.next().(type) {
			case wire.Ev, wire.Live:
			default:
				t.Fatalf("it gets %s", f.Append(nil))
			}
		}
	}
	if n := h.gate.stats.overflows.Load(); n > 0 {
		t.Errorf("%d overflows", n)
	}
}

// A panic in the rules' view takes the room with it, and nothing else.
func TestViewThatPanics(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m, other := h.match("tally", ann), h.match("tally", ann)
	c := h.connect(ann)
	c.watch(m)
	c.watch(other)
	c.move("k", m, "hide")
	for range 2 {
		if e := expect[wire.Error](c); e.Code != wire.CodeInternal || e.Match != m || strings.Contains(e.Msg, "broken") {
			t.Fatalf("error is %+v", e)
		}
		c.send(wire.Watch{Match: m})
	}
	expect[wire.Error](c)
	c.move("k", other, "+")
	if ev := expect[wire.Ev](c); ev.Match != other {
		t.Fatalf("event is %+v", ev)
	}
	h.eventually("one room is left", func() bool { return h.gate.census().rooms == 1 })
}

func TestEveryKindOfViewerIsEncodedOnce(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	var all []*client
	for i := range 4 {
		c := h.connect(h.guest(fmt.Sprint("Cat", i)))
		c.watch(m)
		all = append(all, c)
	}
	h.add(m, ann, 1)
	for _, c := range all {
		expect[wire.Ev](c)
		if c.raw[len(c.raw)-1] != all[0].raw[len(all[0].raw)-1] {
			t.Errorf("watchers see different bytes: %s", c.raw[len(c.raw)-1])
		}
	}
	if n := h.gate.Watchers(m); n != 4 {
		t.Errorf("%d watchers", n)
	}
}

// An ack comes before its event is shown: who watches after that number is not wrong, but early.
func TestWatchAfterAnEventThatIsNotShownYet(t *testing.T) {
	h := openHouse(t, setup{})
	ann := h.guest("Ann")
	m := h.match("tally", ann)
	f, err := h.Follow(t.Context(), m)
	h.must(err)
	defer f.Close()
	r := &room{g: h.gate, id: m} // the test is its goroutine
	r.opened(f.Table)
	h.add(m, ann, 2) // events 3 and 4
	c := newConn(h.gate, ann.ID, ann.token, "")
	v := &viewer{conn: c, room: r, after: wire.Some(3)}
	wrong := &viewer{conn: newConn(h.gate, ann.ID, ann.token, ""), room: r, after: wire.Some(5)}
	r.mu.Lock()
	r.admit(v)
	r.admit(wrong)
	r.mu.Unlock()
	if got := r.serve(v, nil); len(got) > 0 {
		t.Fatalf("served before it is shown: %q", got)
	}
	if got := r.serve(wrong, nil); len(got) > 0 || wrong.state != stale || !wrong.reset {
		t.Fatalf("a number that is not there: %q, state %d", got, wrong.state)
	}
	_, serve, _, _ := c.out.take(nil)
	if serve != v {
		t.Fatal("it was not in the queue at first")
	}
	for r.now.Seq < 4 {
		list, err := f.Next(t.Context())
		h.must(err)
		r.show(f.Table, list)
	}
	if _, serve, _, _ = c.out.take(nil); serve != v {
		t.Fatal("it is not served when the event is shown")
	}
	got := string(r.serve(v, nil))
	if !strings.Contains(got, `"seq":4,"k":"moved"`) || strings.Contains(got, `"seq":3`) || !strings.Contains(got, `"live"`) || v.state != live {
		t.Fatalf("it gets %q", got)
	}
}

// Who watches right after having joined gets one sync, with the seat, also where the room has not shown the join yet.
func TestWatchRightAfterJoining(t *testing.T) {
	h := openHouse(t, setup{})
	ann, bob := h.guest("Ann"), h.guest("Bob")
	m := h.match("tictactoe", ann)
	f, err := h.Follow(t.Context(), m)
	h.must(err)
	defer f.Close()
	r := &room{g: h.gate, id: m} // the test is its goroutine
	r.opened(f.Table)
	_, err = h.Join(t.Context(), m, bob.Player)
	h.must(err)
	v := &viewer{conn: newConn(h.gate, bob.ID, bob.token, ""), room: r}
	r.mu.Lock()
	r.admit(v)
	r.mu.Unlock()
	if _, serve, _, _ := v.conn.out.take(nil); serve != v {
		t.Fatal("it is not in the queue")
	}
	if got := r.serve(v, nil); len(got) > 0 {
		t.Fatalf("served as a watcher: %q", got)
	}
	for v.kind == watching {
		list, err := f.Next(t.Context())
		h.must(err)
		r.show(f.Table, list)
	}
	if _, serve, _, _ := v.conn.out.take(nil); serve != v {
		t.Fatal("it is not served when the event is shown")
	}
	if got := string(r.serve(v, nil)); !strings.Contains(got, `"seat":1,"view"`) || !strings.Contains(got, `{"t":"live"`) || v.state != live {
		t.Fatalf("it gets %q", got)
	}
}
