package orchestrator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// QueryDef is a question of type Q that a running orchestration answers with an A,
// out of what its code has in memory, without any trace in its history.
type QueryDef[Q, A any] struct{ name string }

// DefineQuery defines a query. Names are case-insensitive.
func DefineQuery[Q, A any](name string) *QueryDef[Q, A] { return &QueryDef[Q, A]{name} }

// Name is the query's name.
func (q *QueryDef[Q, A]) Name() string { return q.name }

// Handle has fn answer the query from now on, to the end of this generation; it
// replaces an earlier one. Call it at the beginning of the orchestration, so
// that nobody asks before there is an answer.
//
// fn is called between the orchestration's steps, while its code waits for
// something: what it reads is as the last step left it. It must change nothing,
// neither variables of the orchestration nor anything else, and it must not
// use the Context but for what that says of itself (Now, InstanceID, Tags): all
// else is inert meanwhile, and what would wait gives an error. Its error, or a
// panic, is the answer, and does the orchestration no harm.
func (q *QueryDef[Q, A]) Handle(c *Context, fn func(Q) (A, error)) {
	if c.off() {
		return
	}
	x := c.x
	if x.queries == nil {
		x.queries = map[string]queryFunc{}
	}
	x.queries[strings.ToLower(q.name)] = func(body []byte) ([]byte, *Failure) {
		in, err := decode[Q]("query "+q.name, body)
		if err != nil {
			return nil, ToFailure(err)
		}
		a, err := fn(in)
		if err != nil {
			return nil, ToFailure(err)
		}
		return encode("the answer to query "+q.name, a, x.b.limits.Payload)
	}
}

// Ask asks an instance from outside. It is answered in a turn of the instance,
// which is brought into memory for it if need be, and after the commit of
// whatever else happened in that turn: nobody sees what is not on disk. The
// query itself writes nothing. A suspended instance answers too. The error is
// the handler's own, or of code not_found where there is no such instance, gone
// where it has ended (its status tells how), unavailable where its code has not
// begun or the engine cannot run it, bad_request where it does not answer this
// query.
func (q *QueryDef[Q, A]) Ask(ctx context.Context, client *Client, instance string, in Q) (A, error) {
	var zero A
	body, fail := encode("query "+q.name, in, maxPayload)
	if fail != nil {
		return zero, fail
	}
	answer, err := client.hub.Ask(ctx, newMessage(instance, OpQuery, q.name, body))
	if err != nil {
		return zero, err
	}
	if answer.Fail != nil {
		return zero, answer.Fail
	}
	return decode[A]("the answer to query "+q.name, answer.Body)
}

// queryFunc is a handler without its types.
type queryFunc func(body []byte) ([]byte, *Failure)

var errInQuery = Fail(CodeBadRequest, "the handler of a query must not use the Context")

// answerQuery runs the author's handler beside the orchestration's coroutine: in
// one of its own, so that a panic or Goexit in it ends nothing else.
func (x *execution) answerQuery(name string, body []byte) ([]byte, *Failure) {
	handler := x.queries[strings.ToLower(name)]
	switch {
	case !x.begun:
		return nil, Fail(CodeUnavailable, fmt.Sprintf("orchestration %q has not begun", x.id.Key))
	case handler == nil:
		known := slices.Sorted(maps.Keys(x.queries))
		return nil, Fail(CodeBadRequest, fmt.Sprintf("orchestration %q does not answer query %q, only %q", x.id.Key, name, known))
	}
	x.barred = errInQuery
	defer func() { x.barred = nil }()
	co := newCoroutine(func() ([]byte, *Failure) { return handler(body) })
	defer co.release()
	co.resume()
	return co.out, co.fail
}
