package durable

import (
	"fmt"
	"slices"
	"strings"
)

// simClients post requests, some with a request id, and post these again at
// random, until they get an answer.
type simClients struct {
	world *world
	calls map[string]*simCall
	list  []*simCall // in the order of their making
	open  []*simCall // those that want an answer
	epoch int        // of the process; answers of an earlier one are an error
	token uint64
}

// simCall is one request, posted once or more often.
type simCall struct {
	label    string
	caller   string
	id       ID
	request  simRequest
	named    bool
	due      Due
	posts    int // in all
	waiting  int // posts of this process that were not answered
	accepted bool
	refused  bool
	body     string
	settled  bool // wants no further answer
}

// simTargets are the instances that clients know.
func simTargets(w *world) ID {
	if w.chance(3) {
		return ID{Kind: kindMortal, Name: "m", Key: strings.Repeat("k", 1+w.rng.IntN(4))}
	}
	return ID{Kind: kindBank, Key: fmt.Sprint(w.rng.IntN(8))}
}

// make invents a request.
func (c *simClients) make() *simCall {
	w := c.world
	n := len(c.list)
	// An instance keeps 256 answers of a caller: no caller has more requests.
	call := &simCall{label: fmt.Sprintf("r%d", n), caller: fmt.Sprint("c", n/200), id: simTargets(w), named: !w.chance(5)}
	r := simRequest{
		verb: verb(w.rng.IntN(int(verbs))), to: simTargets(w), clock: Clock(w.rng.IntN(2)),
		a: w.rng.IntN(20), delay: int64(w.rng.IntN(400)),
	}
	switch r.verb {
	case verbPay:
		r.b, r.a = c.padding(), w.rng.IntN(300)
		if w.chance(2) {
			r.delay = 0
		}
	case verbRelay:
		r.b = w.rng.IntN(20)
	case verbBurst, verbCall:
		r.b = c.padding()
	case verbTimers:
		r.b = w.rng.IntN(20)
		if w.chance(20) {
			r.a = 100 + w.rng.IntN(400)
		}
	case verbWork:
		r.a++
		if w.chance(20) {
			r.a = 100 + w.rng.IntN(600)
		}
	case verbHead, verbHistory:
		r.a = c.padding()
	}
	if w.chance(12) {
		call.due = Due{Clock: r.clock, At: w.parts[call.id.Partition(len(w.parts))].meta.time.At(r.clock) + int64(w.rng.IntN(300))}
	}
	call.request = r
	c.calls[call.label] = call
	c.list = append(c.list, call)
	c.open = append(c.open, call)
	return call
}

func (c *simClients) padding() int {
	switch w := c.world; {
	case w.chance(60):
		return w.rng.IntN(200_000)
	case w.chance(10):
		return w.rng.IntN(5000)
	default:
		return w.rng.IntN(20)
	}
}

// post sends a request to its partition.
func (c *simClients) post(call *simCall) {
	w := c.world
	p := w.parts[call.id.Partition(len(w.parts))]
	w.figures.posts++
	if call.posts > 0 {
		w.figures.retries++
	}
	call.posts++
	call.waiting++
	c.token++
	m := Message{
		To: call.id, Op: opClient, Name: call.label, Body: call.request.append(), Due: call.due,
		Stamp: Time{Wall: w.wall, Uptime: p.uptime}, Return: Return{Token: c.token},
	}
	if call.named {
		m.Return.Caller, m.Return.Request = call.caller, call.label
	}
	epoch, answered := c.epoch, false
	p.mail.put(parcel{m: m, kind: fromClient, done: func(a Answer) {
		if answered || epoch != c.epoch {
			w.violate("%s was answered twice, or by a process that ended", call.label)
		}
		answered = true
		c.answered(call, a)
	}})
}

// again posts a request once more: an old one, or one that has no answer yet.
func (c *simClients) again() {
	w := c.world
	if len(c.open) > 0 && !w.chance(3) {
		if call := c.open[w.rng.IntN(len(c.open))]; call.named {
			c.post(call)
		}
		return
	}
	if len(c.list) > 0 {
		recent := c.list[max(0, len(c.list)-150):]
		if call := recent[w.rng.IntN(len(recent))]; call.named && !call.refused {
			c.post(call)
		}
	}
}

func (c *simClients) answered(call *simCall, a Answer) {
	w := c.world
	call.waiting--
	bank := call.id.Kind == kindBank
	switch {
	case a.Fail == nil:
		c.accepted(call, string(a.Body), bank)
	case a.Fail.Code == CodeConflict:
		call.refused = true
	case a.Fail.Code == CodeUnsure && call.named:
		w.violate("%s has a request id and was told %v", call.label, a.Fail)
	case a.Fail.Code != CodeUnsure && a.Fail.Code != CodeUnavailable:
		w.violate("%s failed: %v", call.label, a.Fail)
	case call.named: // asked again, some time
		return
	}
	if !call.settled {
		call.settled = true
		c.open = slices.DeleteFunc(c.open, func(x *simCall) bool { return x == call })
	}
}

// accepted checks an answer: it is stored, and the same each time.
func (c *simClients) accepted(call *simCall, body string, bank bool) {
	w := c.world
	w.figures.acked++
	if call.accepted && bank && call.named && body != call.body && call.request.verb != verbPeek && call.due == (Due{}) {
		w.violate("%s was answered %q, and before %q", call.label, body, call.body)
	}
	call.accepted, call.body = true, body
	if !bank || !call.named || call.due != (Due{}) || call.request.verb == verbPeek {
		return
	}
	l := w.stored(call.id)
	if e, known := l.window.find(requestKey{call.caller, call.label}); !known || e.state != requestAnswered || string(e.answer.Body) != body {
		w.violate("%s was answered %q, which is not stored", call.label, body)
	}
}

// crashed forgets what was posted to the process that ended.
func (c *simClients) crashed() {
	c.epoch++
	for _, call := range c.open {
		call.waiting = 0
		if !call.named {
			call.settled = true // it may have been done; nobody can tell
		}
	}
	c.open = slices.DeleteFunc(c.open, func(x *simCall) bool { return x.settled })
	for _, call := range c.list[max(0, len(c.list)-400):] {
		call.waiting = 0
	}
}

// unanswered gives posts of this process that nobody has answered.
func (c *simClients) unanswered() (labels []string) {
	for _, call := range c.list {
		if call.waiting > 0 {
			labels = append(labels, fmt.Sprintf("%s (verb %d to %s, %d of %d posts, named %t)", call.label, call.request.verb, call.id, call.waiting, call.posts, call.named))
		}
	}
	return labels
}
