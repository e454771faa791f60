package orchestrator

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/everturn/everturn/orchestrator/durable"
)

// strictTurn computes the turn hot and cold and compares.
func (b *Behavior) strictTurn(now durable.Time, in *durable.Instance, messages []durable.Message) (durable.Outcome, error) {
	past := in.Log
	if x, ok := in.Hot.(*execution); ok {
		past = x.past
	}
	cold := *in
	cold.Hot, cold.Log = nil, slices.Clone(past)
	drawn := &drawn{}
	out, err := b.turn(now, in, messages, false, drawn)
	if err != nil {
		return out, err
	}
	again, err := b.turn(now, &cold, messages, true, drawn)
	if err != nil {
		release(&out)
		return durable.Outcome{}, fmt.Errorf("strict: hot turn went well, cold one did not: %w", err)
	}
	release(&again)
	if diff := compare(&out, &again); diff != "" {
		release(&out)
		return durable.Outcome{}, &NonDeterminismError{Instance: in.ID.Key, History: "(replayed) " + diff, Code: "in memory did otherwise"}
	}
	if x, ok := out.Hot.(*execution); ok {
		if out.Next || out.Replace || out.Rewrite {
			past = nil
		}
		x.past = append(slices.Clip(past), out.Append...)
	}
	return out, nil
}

// release takes down what an outcome leaves in memory, since nobody will have
// it.
func release(o *durable.Outcome) {
	if x, ok := o.Hot.(*execution); ok {
		x.Release()
	}
}

// compare says which part of two outcomes differs, byte for byte.
func compare(a, b *durable.Outcome) string {
	pa, pb := parts(a), parts(b)
	for i, name := range partNames {
		if !bytes.Equal(pa[i], pb[i]) {
			return fmt.Sprintf("%s %q, not %q", name, pb[i], pa[i])
		}
	}
	return ""
}

var partNames = []string{"head", "history", "published events", "flags", "messages", "timers", "work", "dropped work", "replies", "index rows", "spans"}

func parts(o *durable.Outcome) [][]byte {
	list := func(bs [][]byte) (out []byte) {
		for _, b := range bs {
			out = durable.AppendBytes(out, b)
		}
		return out
	}
	var flags, send, timers, work, dropped, replies, index []byte
	for _, f := range []bool{o.Next, o.Replace, o.Erase, o.Reindex, o.Hot != nil, o.Rewrite} {
		flags = appendBool(flags, f)
	}
	for _, m := range o.Send {
		send = durable.AppendID(send, m.To)
		send = append(send, byte(m.Op), byte(m.Due.Clock))
		send = durable.AppendString(send, m.Name)
		send = durable.AppendBytes(send, m.Body)
		send = durable.AppendFailure(send, m.Fail)
		send = durable.AppendInt(send, m.Due.At)
		send = durable.AppendUint(send, m.Incarnation)
		send = durable.AppendUint(send, uint64(m.Generation))
		send = durable.AppendReturn(send, m.Return)
		send = durable.AppendBytes(send, m.Meta)
	}
	for i, ts := range [][]durable.Timer{o.Timers, o.Cancel} {
		timers = append(timers, byte(i))
		for _, t := range ts {
			timers = append(timers, byte(t.Due.Clock))
			timers = durable.AppendInt(timers, t.Due.At)
			timers = durable.AppendUint(timers, t.Task)
		}
	}
	for _, w := range o.Work {
		work = durable.AppendUint(work, w.Task)
		work = durable.AppendString(work, w.Name)
		work = durable.AppendBytes(work, w.Input)
		work = durable.AppendInt(work, w.Timeout)
		work = durable.AppendBytes(work, w.Meta)
	}
	for _, task := range o.Drop {
		dropped = durable.AppendUint(dropped, task)
	}
	for _, r := range o.Reply {
		replies = durable.AppendReturn(replies, r.To)
		replies = durable.AppendBytes(replies, r.Body)
		replies = durable.AppendFailure(replies, r.Fail)
		replies = appendBool(replies, r.Forget)
	}
	for _, i := range o.Index {
		index = durable.AppendString(index, i.Name)
		index = durable.AppendInt(index, i.Time)
		index = durable.AppendBytes(index, i.Data)
	}
	var spans []byte
	for i := range o.Spans {
		s := &o.Spans[i]
		spans = fmt.Appendf(spans, "%q %d %v %x %v %d %d %q", s.Name, s.Kind, s.At, s.Parent, s.Link, s.Start, s.End, s.Attributes)
		spans = durable.AppendFailure(spans, s.Fail)
	}
	return [][]byte{o.Head, list(o.Append), list(o.Publish), flags, send, timers, work, dropped, replies, index, spans}
}
