package orchestrator

import (
	"fmt"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Status is what can be seen of an instance from outside without its history.
type Status struct {
	ID         string
	Name       string // the definition, as registered
	Version    string
	State      State
	Custom     Raw // as last set; nil if never
	Output     Raw // of a completed instance; the reason of a terminated one
	Failure    *Failure
	Reason     string // why it is suspended
	Parent     string // instance id; empty for a root
	Tags       map[string]string
	Created    time.Time // the instance
	Started    time.Time // this generation of it
	Scheduled  time.Time // when its code begins, or began; zero for one that was not scheduled
	Updated    time.Time
	Generation uint32
	Turns      uint64    // taken so far: another one says that something happened
	Events     uint64    // number of the last published event
	Quarantine string    // why the engine cannot run it; empty while it can
	Expires    time.Time // when it erases itself; zero while it has not ended, and for never
}

const headVersion = 1

// head is the instance's small state: written when one of these changes, not at
// each turn.
type head struct {
	state   State
	name    string
	version string
	parent  string
	reason  string
	tags    map[string]string
	custom  []byte
	output  []byte
	fail    *Failure
	created int64
	started int64
	// unique refuses a new start even when this one has ended.
	unique    bool
	scheduled int64 // wall milliseconds; 0 for none
	retain    retention
	expires   int64 // wall milliseconds; 0 for never, and while it has not ended
}

// What a head carries behind its first fields, each with its number.
const headScheduled byte = 1

func (h *head) encode() []byte {
	b := append(make([]byte, 0, 64+len(h.custom)+len(h.output)), headVersion, byte(h.state))
	b = appendBool(b, h.unique)
	b = durable.AppendInt(b, h.created)
	b = durable.AppendInt(b, h.started-h.created)
	b = durable.AppendString(b, h.name)
	b = durable.AppendString(b, h.version)
	b = durable.AppendString(b, h.parent)
	b = durable.AppendString(b, h.reason)
	b = appendMap(b, h.tags)
	b = durable.AppendBytes(b, h.custom)
	b = durable.AppendBytes(b, h.output)
	b = durable.AppendFailure(b, h.fail)
	if h.scheduled != 0 {
		b = durable.AppendInt(append(b, headScheduled), h.scheduled)
	}
	return h.encodeRetention(b)
}

func decodeHead(b []byte) (*head, error) {
	d := durable.NewDecoder(b)
	if v := d.Byte(); v != headVersion && d.Err() == nil {
		return nil, fmt.Errorf("%w: orchestration head has version %d, not %d", durable.ErrCorrupt, v, headVersion)
	}
	h := &head{state: State(d.Byte()), unique: d.Byte() == 1, created: d.Int()}
	h.started = h.created + d.Int()
	h.name, h.version, h.parent, h.reason = d.String(), d.String(), d.String(), d.String()
	h.tags = readMap(d)
	h.custom, h.output = d.Bytes(), d.Bytes()
	h.fail = d.Failure()
	for d.More() && d.Err() == nil {
		switch what := d.Byte(); what {
		case headScheduled:
			h.scheduled = d.Int()
		default:
			if !h.decodeRetention(what, d) {
				return nil, unknownField("orchestration head", what)
			}
		}
	}
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("orchestration head: %w", err)
	}
	if h.state < Pending || h.state > Terminated {
		return nil, fmt.Errorf("%w: orchestration head has state %d", durable.ErrCorrupt, h.state)
	}
	return h, nil
}

// StatusOf reads the status out of a snapshot of an orchestration that exists.
func StatusOf(s durable.Snapshot) (Status, error) {
	h, err := decodeHead(s.Head)
	if err != nil {
		return Status{}, err
	}
	var scheduled, expires time.Time
	if h.scheduled != 0 {
		scheduled = timeOf(h.scheduled)
	}
	if h.expires != 0 {
		expires = timeOf(h.expires)
	}
	return Status{
		Scheduled: scheduled,
		ID:        s.ID.Key, Name: h.name, Version: h.version, State: h.state, Custom: h.custom, Output: h.output, Failure: h.fail,
		Reason: h.reason, Parent: h.parent, Tags: h.tags, Created: timeOf(s.Created), Started: timeOf(h.started),
		Updated: timeOf(s.Updated), Generation: s.Generation, Turns: s.Turns, Events: s.Events, Quarantine: s.Quarantine, Expires: expires,
	}, nil
}

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
