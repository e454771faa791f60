package orchestrator

import (
	"context"
	"errors"
	"fmt"

	"github.com/everturn/everturn/orchestrator/durable"
)

// WithNewID has a restart go under a fresh id, beside the instance that it
// repeats. Other starts without [WithID] have one anyway.
func WithNewID() StartOption { return func(s *start) { s.fresh = true } }

// Restart starts an instance again: its definition with the input of its last
// generation, its tags, its retention as that is now, and its version if that was
// asked for (else the latest one), as a root, and at once. Events that it was
// given are not given again. Options count more than all that. It gives the new
// instance's id: the same one, in the place of the instance that has ended,
// unless [WithID] or [WithNewID] says otherwise.
//
// Errors: not_found; conflict while it runs (but not for another id), if it may
// be started only once, and if it was replaced or purged meanwhile.
func (c *Client) Restart(ctx context.Context, id string, opts ...StartOption) (string, error) {
	seen, log, err := c.hub.Log(InstanceID(id))
	switch {
	case err != nil:
		return "", err
	case !seen.Exists:
		return "", missing(id)
	}
	begin, err := beginning(id, log)
	if err != nil {
		return "", err
	}
	h, err := decodeHead(seen.Head)
	if err != nil {
		return "", err
	}
	s := &start{id: id, startMeta: startMeta{tags: begin.start.tags, retain: h.retain}}
	if begin.start.chosen {
		s.version = begin.start.version
	}
	for _, o := range opts {
		o(s)
	}
	if s.fresh {
		s.id = newInstanceID(s.caller, s.request)
	}
	m, err := s.toMessage(begin.name, begin.body)
	if err != nil {
		return "", err
	}
	if s.id == id {
		m.Incarnation = seen.Incarnation // not one that came after it
	}
	err = c.ask(ctx, m)
	if errors.Is(err, &Failure{Code: CodeGone}) {
		err = Fail(CodeConflict, fmt.Sprintf("orchestration %q was replaced or purged meanwhile", id))
	}
	return s.id, err
}

// beginning is the first record of a generation's history that tells how it
// began.
func beginning(id string, log [][]byte) (record, error) {
	cur := newCursor(log)
	for {
		var r record
		more, err := cur.next(&r)
		switch {
		case err != nil:
			return r, err
		case !more:
			return r, fmt.Errorf("%w: history of %q does not begin", durable.ErrCorrupt, id)
		case r.kind == kExecutionStarted:
			return r, nil
		}
	}
}
