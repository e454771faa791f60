package entities

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Op is an operation of an entity: its definition, its call and its type check
// in one value. Make it with [On].
type Op[S, In, Out any] struct {
	entity *Entity[S]
	op     *operation
}

// operation is an Op without its types.
type operation struct {
	name string // lower case
	run  func(c *Context, state any, in []byte) (out []byte, err error)
}

// deleteName is the operation that every entity has, unless it defines its own.
const deleteName = "delete"

var deleteOperation = &operation{
	name: deleteName,
	run: func(c *Context, _ any, _ []byte) ([]byte, error) {
		c.Delete()
		return nil, nil
	},
}

// On gives an entity an operation. Its name is case-insensitive and of at most
// [MaxNameBytes].
//
// The function changes the state through s and depends on its arguments alone:
// time, ids and chance come from the Context. If it returns an error or panics,
// the change it made and the messages it sent are dropped and the caller gets
// the error. It must not keep c, s or anything inside them. A message without a
// body gives the zero In; an Out of struct{} gives an answer without a body.
func On[S, In, Out any](e *Entity[S], name string, fn func(c *Context, s *S, in In) (Out, error)) *Op[S, In, Out] {
	label := strings.ToLower(name) + " of " + e.def.name
	_, void := any(*new(Out)).(struct{})
	op := &operation{name: strings.ToLower(name)}
	op.run = func(c *Context, state any, body []byte) ([]byte, error) {
		var in In
		if len(body) > 0 {
			if err := json.Unmarshal(body, &in); err != nil {
				return nil, &durable.Failure{Code: durable.CodeBadRequest, Message: fmt.Sprintf("input of operation %s: %v", label, err)}
			}
		}
		out, err := fn(c, state.(*S), in)
		if err != nil || void {
			return nil, err
		}
		enc, err := json.Marshal(out)
		if err != nil {
			return nil, &durable.Failure{Code: durable.CodeInternal, Message: fmt.Sprintf("answer of operation %s: %v", label, err)}
		}
		return enc, nil
	}
	e.def.check(checkName("operation name", name))
	if _, dup := e.def.ops[op.name]; dup {
		e.def.check(fmt.Errorf("entities: %s defines operation %s twice", e.def.name, op.name))
	}
	e.def.ops[op.name] = op
	return &Op[S, In, Out]{entity: e, op: op}
}

// Name is the operation's name, in lower case.
func (o *Op[S, In, Out]) Name() string { return o.op.name }

// operation finds what a message asks for, or says what there is.
func (d *definition) operation(name string) (*operation, *durable.Failure) {
	if op := d.ops[name]; op != nil { // callers of ours send lower case
		return op, nil
	}
	lower := strings.ToLower(name)
	if op := d.ops[lower]; op != nil {
		return op, nil
	}
	if lower == deleteName {
		return deleteOperation, nil
	}
	return nil, durable.Fail(durable.CodeNotFound,
		fmt.Sprintf("entity %s has no operation %q, only %s", d.name, name, strings.Join(d.names(), ", ")))
}
