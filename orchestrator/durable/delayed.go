package durable

import "fmt"

// A message that arrives before it is due waits as a timer whose owner is 0.
// Where it is long, the timer's row says only which numbered rows hold it, so
// that thousands of timers in memory stay small.
const delayedInline = 1 << 10

const (
	delayedHere byte = iota // the message follows
	delayedRows             // numbers of the first and the last row follow
)

// park keeps a message that is not due yet as a timer.
func (p *partition) park(c *parcel) bool {
	d := c.m.Due
	if d == (Due{}) || d.At <= p.batch.now.At(d.Clock) {
		c.m.Due = Due{}
		return false
	}
	if c.kind == fromClient { // it is accepted; a request id is judged when it is due
		p.answerToken(c.m.Return.Token, Answer{})
		c.m.Return.Token = 0
	}
	d.At = min(d.At, maxDue)
	p.arm(timerID{due: d, n: p.meta.nextNumber()}, p.delayed(&c.m))
	return true
}

// delayed gives the value of the timer row of a message, and writes the rows
// that it needs besides.
func (p *partition) delayed(m *Message) []byte {
	if m.size() <= delayedInline {
		return AppendMessage([]byte{recordVersion, delayedHere}, m)
	}
	first, last := p.batch.putNumbered(tagDelayed, &p.meta, AppendMessage(nil, m))
	return AppendUint(AppendUint([]byte{recordVersion, delayedRows}, first), last)
}

// fired is what a timer that is due delivers.
func (p *partition) fired(e *timerEntry) (c parcel, err error) {
	c = parcel{kind: fromTimer, due: e.timerID}
	d := NewDecoder(e.value)
	if v := d.Byte(); v != recordVersion {
		return c, fmt.Errorf("%w: timer version %d, this program knows %d", ErrCorrupt, v, recordVersion)
	}
	if e.owner != 0 {
		c.m = Message{To: d.ID(), Op: OpTimer, Incarnation: e.owner, Generation: uint32(d.Uint()), Task: d.Uint()}
		return c, d.Done()
	}
	switch where := d.Byte(); where {
	case delayedHere:
		c.m = d.Message()
	case delayedRows:
		c.n, c.last = d.Uint(), d.Uint()
		if err := d.Done(); err != nil {
			return c, err
		}
		err = p.store.View(func(rd Reader) error {
			return scanNumbered(rd, uint16(p.n), tagDelayed, c.n, func(first, last uint64, content []byte) (bool, error) {
				if first != c.n || last != c.last {
					return false, fmt.Errorf("%w: delayed message in rows %d to %d, not %d to %d", ErrCorrupt, first, last, c.n, c.last)
				}
				d = NewDecoder(content)
				c.m = d.Message()
				return false, d.Done()
			})
		})
	default:
		err = fmt.Errorf("%w: delayed message of form %d", ErrCorrupt, where)
	}
	c.m.Due = Due{}
	if err == nil {
		err = d.Done()
	}
	return c, err
}

// size is about how many bytes a timer takes when it is due.
func (e *timerEntry) size() int {
	if e.owner == 0 && len(e.value) > 1 && e.value[1] == delayedRows {
		d := NewDecoder(e.value[2:])
		first, last := d.Uint(), d.Uint()
		return int(last-first+1) * MaxRow
	}
	return timerKeyLen + len(e.value)
}
