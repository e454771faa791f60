package orchestrator

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestBehaviour_027_SideEffectRecordedOnce(t *testing.T) {
	drawn := 0
	o := Define("draws", func(c *Context, n int) ([]int, error) {
		var got []int
		for range n {
			v, err := SideEffect(c, func() (int, error) { drawn++; return drawn * 10, nil })
			if err != nil {
				return nil, err
			}
			got = append(got, v)
			if err := c.Sleep(time.Second); err != nil {
				return nil, err
			}
		}
		return got, nil
	})
	h, c := newHub(t, o)
	begin(t, c, o, "a", 4)
	for range 4 {
		h.dropAll()
		h.advance(time.Second)
	}
	same2(t, output(h, o, "a"), []int{10, 20, 30, 40}) // strict has run each turn twice
	if drawn != 4 {
		t.Fatalf("done %d times", drawn)
	}
	if rows := h.rows("a", "SideEffectRecorded"); len(rows) != 4 || string(rows[3].Result) != "40" {
		t.Fatalf("%+v", rows)
	}
}

func TestSideEffectFails(t *testing.T) {
	type hidden struct{ N int }
	o := Define("fails", func(c *Context, how string) (string, error) {
		before := c.NewID()
		v, err := SideEffect(c, func() (any, error) {
			switch how {
			case "error":
				return nil, &cardError{"7"}
			case "panic":
				panic("kaboom")
			case "large":
				return strings.Repeat("x", maxPayload), nil
			case "encode":
				return func() {}, nil
			case "context": // inert, and without a trace
				c.Log().Info().Msg("never")
				c.SetStatus("never")
				c.Publish([]byte("never"))
				if c.NewID() == before || c.Rand().Uint64() == 0 {
					return nil, errors.New("not fresh")
				}
				return nil, c.Sleep(time.Second)
			}
			return &hidden{1}, nil
		})
		if err2 := c.Sleep(time.Second); err2 != nil {
			return "", err2
		}
		if err2 := Raise(c, "ids", c.NewID(), 0); err2 != nil { // strict compares them
			return "", err2
		}
		if err != nil {
			return "", err
		}
		if _, is := v.(map[string]any); !is {
			return "", errors.New("live is not what a replay reads")
		}
		return c.NewID(), nil
	})
	h, c := newHub(t, o)
	for _, how := range []string{"well", "error", "panic", "large", "encode", "context"} {
		begin(t, c, o, how, how)
		if how != "context" { // what it changed would be in memory
			h.dropAll()
		}
		h.run()
	}
	output(h, o, "well")
	if f := h.wantState("error", Failed).Failure; f.Type != "orchestrator.cardError" || f.Props["card"] != "7" {
		t.Fatalf("%+v", f)
	}
	for how, want := range map[string]Code{"panic": CodeInternal, "large": CodeTooLarge, "encode": CodeBadRequest, "context": CodeBadRequest} {
		wantCode(t, h.wantState(how, Failed).Failure, want)
	}
	if s := h.status("context"); s.Custom != nil || s.Events != 0 || len(h.logs.lines) != 0 {
		t.Fatalf("%+v %q", s, h.logs.lines)
	}
}

// A side effect that was taken out, or put in, is non-determinism.
func TestSideEffectIsChecked(t *testing.T) {
	define := func(draws bool) *Orchestration[None, None] {
		return Define("checked", func(c *Context, _ None) (None, error) {
			if draws {
				if _, err := SideEffect(c, func() (int, error) { return 1, nil }); err != nil {
					return None{}, err
				}
			}
			return None{}, c.Sleep(time.Second)
		})
	}
	for _, draws := range []bool{false, true} {
		o := define(draws)
		h, c := newHub(t, o)
		begin(t, c, o, "a", None{})
		h.redefine(define(!draws))
		h.run()
		var nd *NonDeterminismError
		if err := h.broken[InstanceID("a")]; !errors.As(err, &nd) || !strings.Contains(err.Error(), "a side effect") {
			t.Fatal(err)
		}
	}
}

// What came after the failure happens again in the rewind's own turn, and with it
// the side effects in between: Strict, which computes that turn twice, must get
// the same draws in both.
func TestRewindDrawsTheSameTwice(t *testing.T) {
	s := newShaky("b")
	a := s.activity()
	drawn := 0
	o := Define("draws", func(c *Context, _ None) (int, error) {
		fails, works := a.Go(c, "b"), a.Go(c, "a")
		if _, err := works.Get(); err != nil {
			return 0, err
		}
		n, err := SideEffect(c, func() (int, error) { drawn++; return drawn, nil })
		if err != nil {
			return 0, err
		}
		_, err = fails.Get()
		return n, err
	})
	h, c := newHub(t, o, a)
	begin(t, c, o, "x", None{})
	h.wantState("x", Failed)
	s.mend()
	rewindAll(t, h, c, "x")
	if got := output(h, o, "x"); got != 2 || drawn != 2 {
		t.Fatal(got, drawn)
	}
	h.replays("x")
}
