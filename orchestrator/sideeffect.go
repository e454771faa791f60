package orchestrator

// SideEffect does fn once and keeps what it gives in the history: a replay is
// given the same without doing it again. It is for what is quick and not
// deterministic, a random number or a reading of the configuration, and too
// small for an activity:
//
//	seed, err := orchestrator.SideEffect(c, func() (uint64, error) { return rand.Uint64(), nil })
//
// fn runs in the turn: it must not block (its partition stands still meanwhile),
// and it is done again if the turn cannot be committed, so it should leave no
// traces that matter. What must happen, happens in activities. It must not use
// the Context, which is inert meanwhile. Its error is recorded too, and a panic
// in it fails the orchestration; a value that cannot be encoded or is larger
// than Limits.Payload is an error.
func SideEffect[T any](c *Context, fn func() (T, error)) (T, error) {
	var zero T
	if c.off() {
		return zero, c.refusal()
	}
	x := c.x
	body, fail := x.sideEffect(func() ([]byte, *Failure) {
		v, err := fn()
		if err != nil {
			return nil, ToFailure(err)
		}
		return encode("a side effect", v, x.b.limits.Payload)
	})
	if fail != nil {
		return zero, fail
	}
	return decode[T]("a side effect", body) // as a replay reads it
}

// drawn are the side effects of one turn, in order. Strict computes a turn
// twice: the second run is given what the first drew.
type drawn struct {
	list []draw
	next int
}

type draw struct {
	body []byte
	fail *Failure
}

var errInSideEffect = Fail(CodeBadRequest, "a side effect must not use the Context")

func (x *execution) sideEffect(do func() ([]byte, *Failure)) ([]byte, *Failure) {
	r := record{kind: kSideEffect}
	if x.cursor == nil {
		r.body, r.fail = x.draw(do)
		r.body = trim(r.body)
	}
	x.act(&r) // on replay it is given the history's
	return r.body, r.fail
}

// draw does a side effect of the live turn.
func (x *execution) draw(do func() ([]byte, *Failure)) ([]byte, *Failure) {
	if d := x.drawn; d != nil && x.quiet && d.next < len(d.list) {
		d.next++
		return d.list[d.next-1].body, d.list[d.next-1].fail
	}
	x.barred = errInSideEffect
	defer func() { x.barred = nil }()
	body, fail := do()
	if x.drawn != nil {
		x.drawn.list = append(x.drawn.list, draw{body, fail})
	}
	return body, fail
}
