package orchestrator

import (
	"fmt"
	"maps"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Orchestration is a definition: a function that is run as durable instances.
type Orchestration[I, O any] struct{ def *orchestrationDef }

type orchestrationDef struct {
	name    string
	version string
	run     func(c *Context, in []byte) ([]byte, *Failure)
	retry   *Retry
	retain  retention
}

// DefinitionOption is an option of [Define].
type DefinitionOption func(*orchestrationDef)

// Version names a version of a definition. Several versions of one name can be
// registered side by side; an instance stays with the one that it began with.
func Version(v string) DefinitionOption { return func(d *orchestrationDef) { d.version = v } }

// Retrying is the retry policy of sub-orchestrations of this definition whose
// call does not say otherwise.
func Retrying(r Retry) DefinitionOption { return func(d *orchestrationDef) { d.retry = &r } }

// Define defines an orchestration. The name is stored: it stays when the
// function is renamed. It is case-insensitive and has at most 100 bytes.
//
// The function depends on its input and on what the Context gives, and on
// nothing else: no clocks, no random numbers but the Context's, no goroutines,
// channels or locks, no package variables that change, no ranging over maps
// where the order matters. An error that it returns, or a panic, fails the
// instance. A function that blocks outside of the Context blocks its partition.
func Define[I, O any](name string, fn func(c *Context, in I) (O, error), opts ...DefinitionOption) *Orchestration[I, O] {
	d := &orchestrationDef{name: name}
	for _, o := range opts {
		o(d)
	}
	inputOf, outputOf := "the input of orchestration "+name, "the output of orchestration "+name
	d.run = func(c *Context, body []byte) ([]byte, *Failure) {
		in, err := decode[I](inputOf, body)
		if err != nil {
			return nil, ToFailure(err)
		}
		out, err := fn(c, in)
		if err != nil {
			return nil, ToFailure(err)
		}
		return encode(outputOf, out, c.x.b.limits.Payload)
	}
	return &Orchestration[I, O]{def: d}
}

func (o *Orchestration[I, O]) define(r *Registry) error { return r.addOrchestration(o.def) }

// Name is the definition's name.
func (o *Orchestration[I, O]) Name() string { return o.def.name }

// startMeta is what a start carries beside name and input.
type startMeta struct {
	version string
	parent  string
	tags    map[string]string
	unique  bool
	first   *raised // an event that is there when the code begins
	policy  Reusing
	unless  byte  // a bit for each state in which an instance of the id is not replaced
	at      int64 // wall milliseconds of a scheduled start
	delay   int64 // or milliseconds after the start is let in
	retain  retention
}

// start is a start being put together.
type start struct {
	startMeta
	id      string
	fresh   bool // a restart goes under an id of its own
	caller  string
	request string
	retry   *Retry
	fail    *Failure // of an option
}

// StartOption is an option of a start: of a sub-orchestration, a detached one,
// or by a client.
type StartOption func(*start)

// WithID is the instance id; without it, one is made up. An instance that runs
// under it makes the start fail with conflict; one that has ended is replaced:
// [Reuse] has it otherwise.
func WithID(id string) StartOption { return func(s *start) { s.id, s.fresh = id, false } }

// AsVersion asks for a version of the definition instead of the one that was
// registered last.
func AsVersion(v string) StartOption { return func(s *start) { s.version = v } }

// WithTags adds tags. Sub-orchestrations inherit their parent's; a tag of the
// same name replaces the parent's.
func WithTags(tags map[string]string) StartOption {
	return func(s *start) { s.tags = merged(s.tags, tags) }
}

// WithEvent starts the instance with an event that is there before its code
// begins: one atomic step.
func WithEvent[T any](name string, v T) StartOption {
	return func(s *start) {
		body, fail := encode("event "+name, v, maxPayload)
		if n := len(name); n == 0 || n > maxEventName {
			fail = badEventName(n)
		}
		if fail != nil {
			s.fail = fail
		}
		s.first = &raised{name: name, body: body}
	}
}

// Once refuses the start also when an instance of this id has ended, and has
// later starts of the id refused.
func Once() StartOption { return func(s *start) { s.unique = true } }

// WithRequestID names the client and its request: a start that is repeated with
// the same names is done once and gets the same answer. With another definition
// or input it fails with conflict, and nothing is started.
func WithRequestID(caller, request string) StartOption {
	return func(s *start) { s.caller, s.request = caller, request }
}

// RetryChild has a failed sub-orchestration started again. With an id that was
// made up each attempt is an instance of its own; with a given one, each
// replaces the one before.
func RetryChild(r Retry) StartOption { return func(s *start) { s.retry = &r } }

// Tags are short: beyond these sizes they are dropped.
const (
	maxTags     = 32
	maxTagBytes = 512 // of a name and its value
)

func merged(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	for k, v := range b {
		if len(k)+len(v) > maxTagBytes || len(out) >= maxTags && out[k] == "" {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[k] = v
	}
	return out
}

// Call runs a sub-orchestration and waits for its output.
func (o *Orchestration[I, O]) Call(c *Context, in I, opts ...StartOption) (O, error) {
	return o.Go(c, in, opts...).Get()
}

// Go starts a sub-orchestration and gives a future of its output. It is
// terminated when this orchestration is.
func (o *Orchestration[I, O]) Go(c *Context, in I, opts ...StartOption) *Future[O] {
	f := &Future[O]{c: c, decode: decodeAs[O]("the output of orchestration " + o.def.name)}
	if c.off() {
		f.t = c.unwound()
		return f
	}
	x := c.x
	s, body, fail := prepare(x, o.def, in, opts)
	if fail == nil && (s.policy == UseExisting || s.policy == UseRunning) {
		fail = Fail(CodeBadRequest, "a sub-orchestration cannot be an instance that was started by others")
	}
	if fail == nil {
		fail = x.guarded(ActionChild)
	}
	if fail == nil {
		fail = c.canceled()
	}
	if fail != nil {
		f.t = x.completed(fail)
		return f
	}
	s.parent = x.id.Key
	retry := s.retry
	if retry == nil {
		retry = o.def.retry
	}
	f.t = x.try(retry, func(int) *task {
		id := s.id
		if id == "" {
			id = c.childID()
		}
		t := x.newTask(tChild, o.def.name)
		t.to = InstanceID(id)
		done := x.act(&record{kind: kChildCreated, task: t.id, name: o.def.name, to: t.to, body: body})
		if !t.done {
			x.addChild(t)
		}
		if !done {
			attempt := *s
			if attempt.retain == 0 { // as it is now: it may have changed since the attempt before
				attempt.retain = x.head.retain.inherited()
			}
			m := attempt.message(o.def.name, id, body)
			m.Return = x.returnTo(t)
			x.send(m)
		}
		return t
	})
	return f
}

// Start starts an orchestration that nobody waits for, and gives its id.
func (o *Orchestration[I, O]) Start(c *Context, in I, opts ...StartOption) (string, error) {
	if c.off() {
		return "", c.refusal()
	}
	x := c.x
	s, body, fail := prepare(x, o.def, in, opts)
	if fail != nil {
		return "", fail
	}
	if s.id == "" {
		s.id = c.childID()
	}
	if !x.act(&record{kind: kDetachedStarted, name: o.def.name, to: InstanceID(s.id), body: body}) {
		x.send(s.message(o.def.name, s.id, body))
	}
	return s.id, nil
}

// addChild notes that a sub-orchestration runs.
func (x *execution) addChild(t *task) {
	if x.children == nil {
		x.children = map[uint64]durable.ID{}
	}
	x.children[t.id] = t.to
}

// StartMessage is a one-way start, for packages that send messages themselves.
// The options must give an id.
func (o *Orchestration[I, O]) StartMessage(in I, opts ...StartOption) (durable.Message, error) {
	s, body, err := newStart(o.def, in, opts)
	if err != nil {
		return durable.Message{}, err
	}
	return s.message(o.def.name, s.id, body), nil
}

func prepare[I any](x *execution, def *orchestrationDef, in I, opts []StartOption) (*start, []byte, *Failure) {
	s := &start{startMeta: startMeta{tags: x.head.tags}}
	for _, o := range opts {
		o(s)
	}
	body, fail := encode("the input of orchestration "+def.name, in, x.b.limits.Payload)
	switch {
	case s.fail != nil:
		fail = s.fail
	case s.fresh:
		s.id = "" // one is made up
	case s.id == x.id.Key:
		fail = Fail(CodeConflict, fmt.Sprintf("orchestration %q cannot start another under its own id", s.id))
	case s.id != "":
		if err := durable.CheckName("instance id", s.id); err != nil {
			fail = Fail(CodeBadRequest, err.Error())
		}
	}
	return s, body, fail
}

func newStart[I any](def *orchestrationDef, in I, opts []StartOption) (*start, []byte, error) {
	s := &start{}
	for _, o := range opts {
		o(s)
	}
	if s.fail != nil {
		return nil, nil, s.fail
	}
	if err := durable.CheckName("instance id", s.id); err != nil {
		return nil, nil, Fail(CodeBadRequest, err.Error())
	}
	body, fail := encode("the input of orchestration "+def.name, in, maxPayload)
	if fail != nil {
		return nil, nil, fail
	}
	return s, body, nil
}

// childID is a fresh id that shows whose child it is.
func (c *Context) childID() string {
	id := c.NewID()
	if parent := c.x.id.Key; len(parent) <= durable.MaxIDChars-1-len(id) {
		return parent + ":" + id
	}
	return id
}

func (s *start) message(name, id string, body []byte) durable.Message {
	return durable.Message{To: InstanceID(id), Op: OpStart, Name: name, Body: body, Meta: s.encode()}
}

func (s *startMeta) encode() []byte {
	if s.version == "" && s.parent == "" && len(s.tags) == 0 && !s.unique && s.first == nil && s.usual() {
		return nil
	}
	b := durable.AppendString(nil, s.version)
	b = durable.AppendString(b, s.parent)
	b = appendMap(b, s.tags)
	b = appendBool(b, s.unique)
	b = appendBool(b, s.first != nil)
	if s.first != nil {
		b = durable.AppendString(b, s.first.name)
		b = durable.AppendBytes(b, s.first.body)
	}
	return s.encodeExtras(b)
}

func decodeStartMeta(b []byte) (s startMeta, err error) {
	_, b = durable.CutTrace(b)
	if len(b) == 0 {
		return s, nil
	}
	d := durable.NewDecoder(b)
	s.version, s.parent = d.String(), d.String()
	s.tags = readMap(d)
	s.unique = d.Byte() == 1
	if d.Byte() == 1 {
		s.first = &raised{name: d.String(), body: d.Bytes()}
	}
	if err := s.decodeExtras(d); err != nil {
		return s, err
	}
	return s, d.Done()
}
