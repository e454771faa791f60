package orchestrator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBehaviour_014_IsReplaying(t *testing.T) {
	var flags []bool
	echo := echoActivity(&effects{})
	o := Define("flags", func(c *Context, _ None) (None, error) {
		flags = nil
		flags = append(flags, c.IsReplaying())
		_, _ = echo.Call(c, "1")
		flags = append(flags, c.IsReplaying())
		_, _ = echo.Call(c, "2")
		flags = append(flags, c.IsReplaying())
		return None{}, nil
	})
	h, c := newHub(t, o, echo)
	begin(t, c, o, "a", None{})
	// The strict second run of the last turn replayed the first two steps.
	same2(t, flags, []bool{true, true, false})
	h.wantState("a", Completed)
}

func TestBehaviour_015_CurrentTimeDeterministic(t *testing.T) {
	o := Define("times", func(c *Context, _ None) ([]int64, error) {
		list := []int64{c.Now().UnixMilli()}
		for range 4 {
			if err := c.Sleep(time.Second); err != nil {
				return nil, err
			}
			list = append(list, c.Now().UnixMilli(), int64(c.Uptime()/time.Millisecond))
		}
		if c.Now().Location() != time.UTC {
			return nil, errors.New("not UTC")
		}
		return list, nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	start := h.now
	h.run()
	got := output(h, o, "a") // strict has compared it with each replay
	want := []int64{start.Wall}
	for i := int64(1); i <= 4; i++ {
		want = append(want, start.Wall+1000*i, start.Uptime+1000*i)
	}
	same2(t, got, want)
}

func TestBehaviour_016_SameIDsOnReplay(t *testing.T) {
	o := Define("ids", func(c *Context, _ None) ([]string, error) {
		list := []string{c.NewID(), fmt.Sprint(c.Rand().Uint64())}
		if err := c.Sleep(time.Second); err != nil {
			return nil, err
		}
		return append(list, c.NewID(), fmt.Sprint(c.Rand().Uint64()), c.NewID()), nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	begin(t, c, o, "b", None{})
	h.dropAll()
	h.run()
	all := append(output(h, o, "a"), output(h, o, "b")...)
	slices.Sort(all)
	if len(slices.Compact(all)) != 10 {
		t.Fatalf("not distinct: %v", all)
	}
}

func TestBehaviour_017_ReplaySafeLogger(t *testing.T) {
	o := Define("logs", func(c *Context, n int) (None, error) {
		log := c.Log() // held across waits
		for i := range n {
			log.Info().Msgf("line-%d.", i)
			if err := c.Sleep(time.Second); err != nil {
				return None{}, err
			}
		}
		return None{}, nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", 10)
	h.run()
	h.wantState("a", Completed)
	if len(h.logs.lines) != 10 {
		t.Fatalf("%d lines: %v", len(h.logs.lines), h.logs.lines)
	}
	for i, l := range h.logs.lines {
		if !strings.Contains(l, fmt.Sprintf("line-%d.", i)) {
			t.Fatalf("line %d is %s", i, l)
		}
	}
}

func TestBehaviour_018_CustomStatus(t *testing.T) {
	o := Define("status", func(c *Context, _ None) (None, error) {
		c.SetStatus("one")
		_, _ = Event[None](c, "next")
		c.SetStatus(map[string]int{"n": 2})
		_, _ = Event[None](c, "next")
		c.SetStatus(nil)
		_, _ = Event[None](c, "next")
		c.SetStatus(strings.Repeat("x", 20_000))
		return None{}, nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", None{})
	for _, want := range []string{`"one"`, `{"n":2}`, ``} {
		if got := string(h.status("a").Custom); got != want {
			t.Fatalf("%s, not %s", got, want)
		}
		raise(t, c, "a", "next", None{})
	}
	if got := h.wantState("a", Completed).Custom; len(got) != 20_002 {
		t.Fatalf("%d bytes", len(got))
	}
	huge := Define("huge", func(c *Context, _ None) (None, error) { c.SetStatus(strings.Repeat("x", 70_000)); return None{}, nil })
	h, c = newHub(t, huge)
	begin(t, c, huge, "a", None{})
	wantCode(t, h.wantState("a", Failed).Failure, CodeTooLarge)
}
