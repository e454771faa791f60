package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func (e *cardError) FromFailure(f *Failure) { e.card = f.Props["card"] }

// movedError has a name of its own, which stays when the type is renamed.
type movedError struct{ n string }

func (e *movedError) Error() string                   { return "moved" }
func (e *movedError) FailureType() string             { return "shop.Moved" }
func (e *movedError) FailureProps() map[string]string { return map[string]string{"n": e.n} }
func (e *movedError) FromFailure(f *Failure)          { e.n = f.Props["n"] }

func TestBehaviour_035_ErrorsComeBackAsTheirType(t *testing.T) {
	ask := DefineRequest[int, int]("ask")
	charge := DefineActivity("charge", func(_ context.Context, how string) (None, error) {
		if how == "moved" {
			return None{}, errors.Join(&movedError{"1"}, errors.New("more"))
		}
		return None{}, fmt.Errorf("charging: %w", &cardError{"42"})
	}, WithRetry(Retry{Attempts: 2, First: time.Second, If: func(err error) bool {
		_, declined := FailureAs[cardError](err)
		return !declined
	}}))
	child := Define("child", func(c *Context, how string) (None, error) { return charge.Call(c, how) })
	o := Define("pay", func(c *Context, how string) (string, error) {
		_, err := child.Call(c, how)
		if declined, ok := FailureAs[cardError](err); ok {
			r, err2 := ask.Wait(c)
			if err2 != nil {
				return "", err2
			}
			r.Refuse(fmt.Errorf("no: %w", err))
			return "declined " + declined.card, nil
		}
		if moved, ok := FailureAs[movedError](err); ok && ToFailure(err).Cause.Type == "shop.Moved" {
			return "moved " + moved.n, nil
		}
		return "", err
	})
	h, c := newHub(t, o, child, charge)
	begin(t, c, o, "a", "card")
	h.dropAll()
	_, err := ask.Do(t.Context(), c, "a", 1)
	if declined, ok := FailureAs[cardError](err); !ok || declined.card != "42" {
		t.Fatalf("%#v", err)
	}
	begin(t, c, o, "b", "moved")
	h.run()
	if output(h, o, "a") != "declined 42" || output(h, o, "b") != "moved 1" {
		t.Fatal("results")
	}
}

func TestFailureAs(t *testing.T) {
	live := &cardError{"7"}
	if got, ok := FailureAs[cardError](fmt.Errorf("x: %w", live)); !ok || got != live {
		t.Error("not the error itself", got)
	}
	stored := ToFailure(fmt.Errorf("x: %w", live))
	if got, ok := FailureAs[cardError](fmt.Errorf("y: %w", stored)); !ok || got == live || *got != *live {
		t.Error("not read back", got)
	}
	for _, err := range []error{nil, errors.New("x"), Fail(CodeFailed, "card 7 declined"), ToFailure(&movedError{})} {
		if got, ok := FailureAs[cardError](err); ok {
			t.Errorf("%v reads as %v", err, got)
		}
	}
}
