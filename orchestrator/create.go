package orchestrator

import (
	"fmt"

	"github.com/everturn/everturn/orchestrator/durable"
)

// start begins an instance, where there is none or where the start's policy
// lets it have the place of the one that there is.
func (t *turn) start(m *durable.Message) error {
	meta, err := decodeStartMeta(m.Meta)
	if err != nil {
		t.fail(m, Fail(CodeBadRequest, "malformed start: "+err.Error()))
		return nil
	}
	if m.Incarnation != 0 && t.erase {
		t.fail(m, Fail(CodeGone, fmt.Sprintf("orchestration %q was purged", t.in.ID.Key)))
		return nil
	}
	if t.state() != 0 {
		if fail := t.refusal(&meta); fail != nil {
			t.fail(m, fail)
			return nil
		}
		if meta.policy == UseExisting || meta.policy == UseRunning && t.x != nil {
			return t.use(m, &meta)
		}
	}
	def := t.b.reg.latest(m.Name)
	if def == nil {
		t.fail(m, notRegistered("orchestration", m.Name))
		return nil
	}
	if meta.version != "" {
		if def = t.b.reg.orchestration(m.Name, meta.version); def == nil {
			t.fail(m, notRegistered("orchestration", m.Name+" version "+meta.version))
			return nil
		}
	}
	if t.x != nil {
		if err := t.makeRoom(m); err != nil {
			return err
		}
	}
	return t.create(m, def, &meta)
}

func (t *turn) create(m *durable.Message, def *orchestrationDef, meta *startMeta) error {
	facts := &startFacts{version: def.version, created: t.now.Wall, parent: meta.parent, tags: meta.tags, firstTask: t.last}
	facts.scheduled, facts.chosen = meta.due(m, t.now), meta.version != ""
	facts.deferred = facts.scheduled != 0
	x := newExecution(t.b, t.in)
	x.generation, x.quiet = 1, t.quiet
	x.head.unique, x.head.retain = meta.unique, def.retention(meta)
	t.keepOn()
	if t.in.Exists {
		// Timers and work of the old incarnation are not the new one's; what
		// it sent and answered stands.
		t.out = durable.Outcome{Replace: true, Cancel: t.out.Cancel, Send: t.out.Send, Reply: t.out.Reply, Drop: t.out.Drop, Spans: t.out.Spans}
		facts.deferred = true
	} else { // an earlier life of this turn is not stored
		t.out.Append, t.out.Timers, t.out.Cancel, t.out.Publish, t.out.Next = nil, nil, nil, nil, false
		t.out.Work, t.out.Drop = nil, nil
	}
	t.erase = false
	if m.Return.To.IsZero() {
		t.answer(m, receipt(m))
	} else {
		facts.ret = m.Return
	}
	x.beginTurn(t.now, &t.out)
	x.drawn = t.drawn
	t.x, t.rest, t.fresh = x, nil, true
	if meta.first != nil && !facts.deferred {
		// The event must be there before the code begins.
		facts.deferred = true
		return t.startWith(m, def, facts, meta.first, true)
	}
	return t.startWith(m, def, facts, meta.first, false)
}

// startWith writes the beginning of the history, and begins at once if now is
// set.
func (t *turn) startWith(m *durable.Message, def *orchestrationDef, facts *startFacts, first *raised, now bool) error {
	x := t.x
	if err := t.enterTrace(m); err != nil {
		return err
	}
	if err := x.happen(&record{kind: kExecutionStarted, name: def.name, body: trim(m.Body), start: facts}); err != nil {
		return err
	}
	if first != nil {
		first.stamp = m.Stamp
		if err := x.happen(first.record()); err != nil {
			return err
		}
	}
	switch {
	case now:
		if err := x.happen(&record{kind: kExecutionBegun}); err != nil {
			return err
		}
	case facts.deferred && facts.scheduled == 0:
		t.out.Send = append(t.out.Send, durable.Message{To: t.in.ID, Op: OpRun})
	}
	return t.settle()
}
