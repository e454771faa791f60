package entities

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// callMessage asks an entity for an operation by name.
func callMessage(id durable.ID, operation string, input json.RawMessage) durable.Message {
	return durable.Message{To: id, Op: orchestrator.OpCall, Name: strings.ToLower(operation), Body: input}
}

// signalMessage is callMessage one way.
func signalMessage(id durable.ID, operation string, input json.RawMessage) durable.Message {
	m := callMessage(id, operation, input)
	m.Op = orchestrator.OpSignal
	return m
}

// message is the one that asks this operation of the entity with a key.
func (o *Op[S, In, Out]) message(key string, in In) (durable.Message, error) {
	if err := CheckKey(key); err != nil {
		return durable.Message{}, err
	}
	m := durable.Message{To: o.entity.ID(key), Op: orchestrator.OpCall, Name: o.op.name}
	if _, none := any(in).(struct{}); none {
		return m, nil
	}
	body, err := json.Marshal(in)
	if err != nil {
		return durable.Message{}, &durable.Failure{
			Code: durable.CodeBadRequest, Message: fmt.Sprintf("input of operation %s of %s: %v", o.op.name, o.entity.def.name, err),
		}
	}
	m.Body = body
	return m, nil
}

// result reads an answer's body.
func (o *Op[S, In, Out]) result(body []byte) (out Out, err error) {
	if len(body) == 0 {
		return out, nil
	}
	if err := json.Unmarshal(body, &out); err != nil {
		return out, fmt.Errorf("answer of operation %s of %s: %w", o.op.name, o.entity.def.name, err)
	}
	return out, nil
}

// stampSender notes the sender's incarnation on a signal from an orchestration,
// for the owners of locks (see holder.admits). Calls say it in their Return.
func stampSender(m *durable.Message, incarnation uint64) {
	m.Meta = durable.AppendUint(nil, incarnation)
}

// senderIncarnation is which life of its sender a message is from, 0 if it does
// not say.
func senderIncarnation(m *durable.Message) uint64 {
	if _, meta := durable.CutTrace(m.Meta); len(meta) > 0 {
		return durable.NewDecoder(meta).Uint()
	}
	return m.Return.Incarnation
}
