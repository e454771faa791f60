package inspect

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// sse reads a stream.
type sse struct {
	t      *testing.T
	events chan event
	last   string // the id that was read last
}

type event struct{ name, id, data string }

// follow opens a stream.
func (h *house) follow(path, last string) *sse {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), "GET", h.url+Root+"/"+path, nil)
	must(h.t, err)
	r.Header.Set("Last-Event-Id", last)
	answer, err := http.DefaultTransport.RoundTrip(r)
	must(h.t, err)
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" {
		h.t.Fatalf("%s: %d %s", path, answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	s := &sse{t: h.t, events: make(chan event, 1000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(s.events)
		var e event
		for in := bufio.NewReader(answer.Body); ; {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			line = strings.TrimSuffix(line, "\n")
			switch name, value, _ := strings.Cut(line, ": "); {
			case name == "event":
				e.name = value
			case name == "id":
				e.id = value
			case name == "data":
				e.data = value
			case line == "" && e.name != "":
				s.events <- e
				e = event{}
			}
		}
	}()
	h.t.Cleanup(func() {
		answer.Body.Close()
		<-done
	})
	return s
}

// next is the next event of a name, into a value. Others on the way are passed
// over.
func (s *sse) next(name string, into any) {
	s.t.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case e, open := <-s.events:
			if !open {
				s.t.Fatalf("the stream ended without %s", name)
			}
			checkEvent(s.t, e)
			if e.id != "" {
				s.last = e.id
			}
			if e.name == name {
				must(s.t, json.Unmarshal([]byte(e.data), into))
				return
			}
		case <-late:
			s.t.Fatalf("no event %s comes", name)
		}
	}
}

type rowsEvent struct {
	Generation uint32
	From       int
	Rows       []row
}

// types are those of rows, without the engine's own.
func types(rows []row) string {
	var list []string
	for _, r := range rows {
		if r.Type != "TurnStarted" {
			list = append(list, r.Type)
		}
	}
	return strings.Join(list, " ")
}

// An instance is told of as it goes, each row once, also to who comes again.
func TestInstanceLive(t *testing.T) {
	h := openHouse(t)
	h.want(404, "GET", "instances/w/live", "")
	h.start("waits", "w", `{"a":1}`)
	live := h.follow("instances/w/live", "")
	var got rowsEvent
	var s status
	live.next("rows", &got)
	live.next("status", &s)
	if got.From != 1 || got.Rows[0].N != 1 || !strings.HasPrefix(types(got.Rows), "ExecutionStarted") || string(s.Input) != `{"a":1}` || string(s.Custom) != `"waiting"` || s.State != "Running" {
		t.Errorf("at first: %+v %+v", got, s)
	}
	place, had := live.last, len(got.Rows)
	if want := fmt.Sprintf("1-%d", had); place != want {
		t.Errorf("the place is %q, not %q", place, want)
	}
	h.want(200, "POST", "instances/w/raise", `{"event":"go","body":{"b":2}}`)
	live.next("rows", &got)
	if got.From != had+1 || got.Rows[0].N != had+1 || types(got.Rows) != "EventRaised ExecutionCompleted" {
		t.Errorf("then: %+v", got)
	}
	live.next("status", &s)
	if s.State != "Completed" || string(s.Output) != `{"b":2}` || string(s.Input) != `{"a":1}` {
		t.Errorf("at last: %+v", s)
	}
	for _, again := range []*sse{h.follow("instances/w/live", place), h.follow("instances/w/live?from="+place, "")} {
		again.next("rows", &got)
		if got.From != had+1 || types(got.Rows) != "EventRaised ExecutionCompleted" {
			t.Errorf("to who comes again: %+v", got)
		}
	}
	h.want(200, "POST", "instances/w/restart", "")
	var restarted struct{ Generation uint32 }
	live.next("restarted", &restarted)
	live.next("rows", &got)
	if restarted.Generation != 1 || got.From != 1 {
		t.Errorf("begun anew: %+v, %+v", restarted, got)
	}
	h.want(200, "POST", "instances/w/terminate", `{"reason":"enough"}`)
	h.want(200, "POST", "instances/w/purge", "")
	var end struct{ Why string }
	live.next("end", &end)
	if _, open := <-live.events; end.Why != "purged" || open {
		t.Error("the stream goes on behind its end", end)
	}
}

// Of a history that is very long the last part is told, in events that are not.
func TestLongHistoryLive(t *testing.T) {
	h := openHouse(t)
	h.start("talks", "t", fmt.Sprint(streamRows+2*eventRows))
	h.state("t", "Completed")
	total := h.total("t")
	live := h.follow("instances/t/live", "")
	var got rowsEvent
	for next := total - streamRows + 1; next <= total; next += len(got.Rows) {
		live.next("rows", &got)
		if got.From != next || got.Rows[0].N != next || len(got.Rows) > eventRows {
			t.Fatalf("%d rows from %d on, not from %d on", len(got.Rows), got.From, next)
		}
	}
	if want := fmt.Sprintf("1-%d", total); live.last != want {
		t.Errorf("the place is %q, not %q", live.last, want)
	}
}

// total is how many rows an instance's history has.
func (h *house) total(id string) int {
	h.t.Helper()
	p, err := h.client.HistoryPage(id, 0, 1)
	must(h.t, err)
	return p.Total
}

// With continue-as-new a history begins anew.
func TestContinueAsNewLive(t *testing.T) {
	h := openHouse(t)
	h.start("rounds", "r", "7")
	live := h.follow("instances/r/live", "")
	var got rowsEvent
	live.next("rows", &got)
	h.want(410, "GET", "instances/r/history?generation=2", "")
	h.want(200, "POST", "instances/r/raise", `{"event":"next","body":false}`)
	var restarted struct{ Generation uint32 }
	live.next("restarted", &restarted)
	live.next("rows", &got)
	if restarted.Generation != 2 || got.Generation != 2 || got.From != 1 {
		t.Errorf("%+v %+v", restarted, got)
	}
	var s status
	for live.next("status", &s); s.Generation != 2 || string(s.Input) != "8"; live.next("status", &s) {
	}
	h.want(200, "GET", "instances/r/history?generation=2", "")
	h.want(410, "GET", "instances/r/history?generation=1", "")
	// Who has the rows of a generation that is over gets all of the one that is.
	again := h.follow("instances/r/live", "1-4")
	again.next("restarted", &restarted)
	again.next("rows", &got)
	if got.From != 1 || got.Generation != 2 {
		t.Errorf("%+v", got)
	}
}

// After a restart of the engine the code is run again over what the history had,
// and everybody can see it.
func TestReplayIsSeen(t *testing.T) {
	h := openHouse(t)
	h.start("rounds", "r", "1")
	h.want(200, "POST", "instances/r/raise", `{"event":"next","body":false}`)
	h.until("the second generation waits", func() bool {
		p, err := h.client.HistoryPage("r", 0, 100)
		return err == nil && p.Generation == 2 && p.Total >= 4
	})
	var before, after struct {
		Generation uint32
		Total      int
		Rows       []row
		Replay     *replay
	}
	h.want(200, "GET", "instances/r/history", "", &before)
	if before.Replay != nil || before.Total != len(before.Rows) {
		t.Fatalf("before: %+v", before)
	}
	h.restart(definitions)
	live := h.follow("instances/r/live", "")
	h.want(200, "POST", "instances/r/raise", `{"event":"next","body":true}`)
	var seen replay
	live.next("replay", &seen)
	if seen.Rows != before.Total || seen.Boot != "boot" || time.Since(time.UnixMilli(seen.At)) > time.Minute {
		t.Errorf("replayed %+v, with %d rows before", seen, before.Total)
	}
	h.state("r", "Completed")
	h.want(200, "GET", "instances/r/history", "", &after)
	if after.Replay == nil || *after.Replay != seen || after.Total <= before.Total {
		t.Errorf("after: %+v", after)
	}
	h.follow("instances/r/live", "").next("replay", &seen) // also to who comes later
	// Another instance under the same id has nothing to do with it.
	h.want(200, "POST", "instances/r/purge", "")
	h.start("rounds", "r", "1")
	h.want(200, "GET", "instances/r/history", "", &after)
	if after.Replay != nil {
		t.Errorf("of another one: %+v", after.Replay)
	}
}

// Of replays the last many are known.
func TestReplaysAreBounded(t *testing.T) {
	r := NewReplays()
	at := time.Now()
	r.now = func() time.Time { return at }
	id := func(n int) string { return strings.Repeat("x", 1+n%7) + time.Duration(n).String() }
	for n := range 5 * maxReplays {
		r.Note(id(n), 1, n)
	}
	if n := len(r.young) + len(r.old); n > 2*maxReplays {
		t.Errorf("%d are kept", n)
	}
	for n := 4 * maxReplays; n < 5*maxReplays; n++ {
		if last, known := r.of(id(n), 1, at); !known || last.Rows != n {
			t.Fatalf("%d of %d is not known", n, 5*maxReplays)
		}
	}
	_, old := r.of(id(0), 1, at)
	_, other := r.of(id(5*maxReplays-1), 2, at)
	_, before := r.of(id(5*maxReplays-1), 1, at.Add(time.Millisecond))
	if old || other || before {
		t.Error("known:", old, other, before)
	}
}

// A list says when its first page is another one.
func TestListLive(t *testing.T) {
	h := openHouse(t)
	h.want(400, "GET", "list/live?cursor=x", "")
	live := h.follow("list/live?name=waits&limit=2", "")
	var p page
	live.next("page", &p)
	if len(p.Items) != 0 || p.Items == nil {
		t.Errorf("at first: %+v", p)
	}
	h.start("waits", "w", "")
	for live.next("page", &p); len(p.Items) != 1 || p.Items[0].State != "Running"; live.next("page", &p) {
	}
	h.start("talks", "t", "0") // of another name
	h.want(200, "POST", "instances/w/suspend", "")
	if live.next("page", &p); p.Items[0].State != "Suspended" {
		t.Errorf("then: %+v", p)
	}
}

// An entity is told of at each change; it may come to be and go.
func TestEntityLive(t *testing.T) {
	h := openHouse(t)
	h.want(404, "GET", "entities/nobody/a/live", "")
	live := h.follow("entities/Purse/a%2Fb/live", "")
	var e entity
	live.next("entity", &e)
	if e.Exists || e.Key != "a/b" || e.Name != "purse" {
		t.Errorf("at first: %+v", e)
	}
	h.want(202, "POST", "entities/purse/a%2Fb/signal", `{"op":"add","input":5}`)
	if live.next("entity", &e); !e.Exists || string(e.State) != "5" || e.Version != 1 || e.Bytes != 1 || e.Updated == 0 {
		t.Errorf("then: %+v", e)
	}
	h.want(202, "POST", "entities/purse/a%2Fb/signal", `{"op":"delete"}`)
	if live.next("entity", &e); e.Exists {
		t.Errorf("at last: %+v", e)
	}
}

func TestEngineLive(t *testing.T) {
	h := openHouse(t)
	live := h.follow("engine/live", "")
	var e engine
	live.next("engine", &e)
	if e.Rate != nil || e.Boot != "boot" || len(e.Partitions) != 4 || e.Store == nil || e.Store.Tables != 7 || e.Memory == 0 || e.Goroutines == 0 || e.Streams != 1 {
		t.Errorf("at first: %+v", e)
	}
	h.start("talks", "t", "1")
	if live.next("engine", &e); e.Rate == nil || e.Turns == 0 || e.Rate.Turns <= 0 || e.Rate.Commits <= 0 || e.Rate.CommitMs.P50 <= 0 {
		t.Errorf("then: %+v %+v", e, e.Rate)
	}
	h.want(200, "GET", "engine", "", &e)
	if e.TurnsPerCommit <= 0 || e.CommitMs.P99 < e.CommitMs.P50 || e.Instances == 0 {
		t.Errorf("at once: %+v", e)
	}
}

// A stream ends when the server stops; more than there is room for are refused.
func TestStreamsAreBounded(t *testing.T) {
	h := openHouse(t)
	h.inspector.streams.Store(maxStreams)
	h.want(503, "GET", "engine/live", "")
	h.inspector.streams.Store(maxStreams - 1)
	live := h.follow("list/live", "")
	h.want(503, "GET", "list/live", "")
	var p page
	live.next("page", &p)
	h.restart(definitions)
	for range live.events { // what was on its way
	}
	h.want(200, "HEAD", "engine/live", "")
}

func TestPercentiles(t *testing.T) {
	at := make([]uint64, 28)
	at[10], at[12] = 98, 2 // up to 1,024 µs; up to 4,096 µs
	if p := spread(at, nil); p.P50 < 0.512 || p.P50 > 1.024 || p.P99 <= 2.048 || p.P99 > 4.096 {
		t.Errorf("%+v", p)
	}
	if p := spread(at, at); p != (percentiles{}) {
		t.Errorf("of nothing: %+v", p)
	}
	then := make([]uint64, 28)
	then[10] = 98
	if p := spread(at, then); p.P50 <= 2.048 {
		t.Errorf("of the last two: %+v", p)
	}
}

// A pace looks again when something was committed, and once more; not before it is
// time, and not while nothing happens.
func TestPace(t *testing.T) {
	var pulse atomic.Uint64
	p := &pace{pulse: pulse.Load, written: time.Now()}
	p.look()
	if !p.again {
		t.Error("there is no second look at what may have been half there")
	}
	began := p.began
	must(t, p.next(t.Context(), nil))
	if gap := p.began.Sub(began); gap < lookEvery || p.again {
		t.Errorf("looked after %v, and again: %t", gap, p.again)
	}
	changed := time.AfterFunc(lookEvery+3*pulseEvery, func() { pulse.Store(2) })
	defer changed.Stop()
	began = p.began
	must(t, p.next(t.Context(), nil))
	if gap := p.began.Sub(began); gap < lookEvery+2*pulseEvery || !p.again || p.seen != 2 {
		t.Errorf("looked after %v, though nothing had happened", gap)
	}
}
