package orchestrator

import "errors"

// errContinue is what ContinueAsNew gives the author to return.
var errContinue = Fail(CodeFailed, "continued as new")

func isContinue(f *Failure) bool { return f != nil && errors.Is(f, errContinue) }

// ContinueOption is an option of [ContinueAsNew].
type ContinueOption func(*nextGeneration)

// ContinueVersion has the next generation run by a version of the definition;
// without it, it is the same one.
func ContinueVersion(v string) ContinueOption { return func(n *nextGeneration) { n.version = v } }

// DiscardEvents leaves events behind that nobody has seen. Requests always go
// on to the next generation.
func DiscardEvents() ContinueOption { return func(n *nextGeneration) { n.discard = true } }

// ContinueAsNew ends this generation of the instance and begins the next with a
// new input and an empty history:
//
//	return result, orchestrator.ContinueAsNew(c, next)
//
// It takes effect when the function returns nil or this error; with any other,
// the instance fails. Events that nobody has seen and requests without an
// answer go along, in order, as do tags, status, listings and the numbers of
// published events; timers and results of this generation are dropped.
func ContinueAsNew[I any](c *Context, next I, opts ...ContinueOption) error {
	if c.off() {
		return c.refusal()
	}
	x := c.x
	if fail := x.guarded(ActionContinue); fail != nil {
		return fail
	}
	body, fail := encode("the input of the next generation", next, x.b.limits.Payload)
	if fail != nil {
		return fail
	}
	x.next = &nextGeneration{input: body}
	for _, o := range opts {
		o(x.next)
	}
	return errContinue
}
