package durable

import (
	"fmt"
	"sync/atomic"
)

// fabric carries messages between partitions, in order for each pair, at least
// once. Neither call waits for the other side.
type fabric interface {
	// deliver hands over messages; the list is the sender's again afterwards.
	deliver(from, to int, list []numbered)
	// acked tells the sender that the receiver has stored all up to n.
	acked(from, to int, n uint64)
}

// numbered is a message with its number in the stream of its lane.
type numbered struct {
	n uint64
	m Message
}

// lane is the numbered stream from one partition to another. Its messages are
// rows of the sender's batch; they are handed over after the commit, and again
// after each start, until the receiver has them; its counter of the last number
// drops what it has seen. At most laneMessages and laneBytes are in flight in
// memory; the rest waits in the outbox on disk.
type lane struct {
	sent   uint64 // handed over up to here
	bytes  int    // of what is in flight
	flight []flight
	cursor uint64 // outbox row from which to read on; 0: nothing waits on disk
}

type flight struct {
	n     uint64
	bytes int
}

// outbox is the sending side of all lanes of a partition. It belongs to the
// partition's goroutine, but for acks, which the receivers set.
type outbox struct {
	partition int
	acks      []atomic.Uint64 // by receiver: all up to here is stored there
	lanes     []lane
	rows      []outRow // on disk, oldest first
	fresh     []outgoing
	burst     []numbered // empty, for its memory
	waiting   bool       // some lane has messages on disk that are not in flight
}

// outRow is what is remembered of a content on disk: when all lanes have passed
// these numbers it is deleted.
type outRow struct {
	first, last uint64
	ends        []laneEnd
}

type laneEnd struct {
	to int
	n  uint64
}

type outgoing struct {
	to int
	numbered
	row uint64
}

func newOutbox(partition int, acks []atomic.Uint64) *outbox {
	return &outbox{partition: partition, acks: acks, lanes: make([]lane, len(acks))}
}

// send adds a message to the batch under way.
func (o *outbox) send(m *meta, to int, msg Message) {
	m.out[to]++
	o.fresh = append(o.fresh, outgoing{to: to, numbered: numbered{m.out[to], msg}})
}

// write puts the batch's messages into rows.
func (o *outbox) write(b *builder, m *meta) {
	var content []byte
	var row outRow
	start := 0
	flush := func(end int) {
		if len(content) == 0 {
			return
		}
		row.first, row.last = b.putNumbered(tagOutbox, m, content)
		for i := start; i < end; i++ {
			o.fresh[i].row = row.first
		}
		o.rows = append(o.rows, row)
		content, row, start = content[:0], outRow{}, end
	}
	for i := range o.fresh {
		g := &o.fresh[i]
		content = appendOutgoing(content, g.to, g.n, &g.m)
		row.end(g.to, g.n)
		if len(content) > MaxRow*3/4 {
			flush(i + 1)
		}
	}
	flush(len(o.fresh))
}

func (r *outRow) end(to int, n uint64) {
	for i := range r.ends {
		if r.ends[i].to == to {
			r.ends[i].n = n
			return
		}
	}
	r.ends = append(r.ends, laneEnd{to, n})
}

func appendOutgoing(b []byte, to int, n uint64, m *Message) []byte {
	b = AppendUint(AppendUint(b, uint64(to)), n)
	return AppendMessage(b, m)
}

// parseOutgoing reads the content of an outbox row.
func parseOutgoing(content []byte, partitions int, fn func(to int, n uint64, m Message)) error {
	d := NewDecoder(content)
	for d.More() && d.err == nil {
		to, n, m := d.Uint(), d.Uint(), d.Message()
		if d.err == nil && to >= uint64(partitions) {
			return fmt.Errorf("%w: message to partition %d of %d", ErrCorrupt, to, partitions)
		}
		if d.err == nil {
			fn(int(to), n, m)
		}
	}
	return d.err
}

// release hands over what the batch sent, as far as the lanes have room.
func (o *outbox) release(f fabric) {
	for len(o.fresh) > 0 {
		to := o.fresh[0].to
		burst := o.burst
		rest := o.fresh[:0]
		for _, g := range o.fresh { // one call a lane; few lanes have messages in one batch
			switch {
			case g.to != to:
				rest = append(rest, g)
			case o.lanes[to].admit(g):
				burst = append(burst, g.numbered)
			default:
				o.waiting = true
			}
		}
		clear(o.fresh[len(rest):])
		o.fresh = rest
		if len(burst) > 0 {
			f.deliver(o.partition, to, burst)
		}
		clear(burst)
		if o.burst = burst[:0]; cap(burst) > spareParcels {
			o.burst = nil
		}
	}
}

// admit takes a message into flight, or leaves it on disk.
func (l *lane) admit(g outgoing) bool {
	if l.cursor != 0 {
		return false
	}
	if len(l.flight) >= laneMessages || l.bytes >= laneBytes {
		l.cursor = g.row
		return false
	}
	l.launch(g.numbered)
	return true
}

func (l *lane) launch(m numbered) {
	size := m.m.size()
	l.flight = append(l.flight, flight{m.n, size})
	l.bytes += size
	l.sent = m.n
}

// settle notes what the receivers have, which makes room in the lanes.
func (o *outbox) settle() {
	for i := range o.lanes {
		l := &o.lanes[i]
		acked := o.acks[i].Load()
		for len(l.flight) > 0 && l.flight[0].n <= acked {
			l.bytes -= l.flight[0].bytes
			l.flight = l.flight[1:]
		}
	}
}

// passed is how many of the oldest rows all lanes have passed.
func (o *outbox) passed() (n int) {
	for n < len(o.rows) && o.done(&o.rows[n]) {
		n++
	}
	return n
}

func (o *outbox) done(r *outRow) bool {
	for _, e := range r.ends {
		if o.acks[e.to].Load() < e.n {
			return false
		}
	}
	return true
}

// clean deletes the oldest rows with this batch, as many as are passed.
func (o *outbox) clean(b *builder, m *meta) {
	n := min(o.passed(), 1000)
	for _, r := range o.rows[:n] {
		b.deleteNumbered(tagOutbox, r.first, r.last)
		m.low.outbox = r.last + 1
	}
	o.rows = o.rows[n:]
}

// refill reads messages that wait on disk into lanes that have room again.
func (o *outbox) refill(rd Reader, f fabric) error {
	if !o.waiting {
		return nil
	}
	o.waiting = false
	for to := range o.lanes {
		l := &o.lanes[to]
		if l.cursor == 0 {
			continue
		}
		if l.roomy() {
			if err := o.refillLane(rd, f, to); err != nil {
				return err
			}
		}
		o.waiting = o.waiting || l.cursor != 0
	}
	return nil
}

// roomy says whether refill would read something.
func (o *outbox) roomy() bool {
	o.settle()
	for i := range o.lanes {
		if o.lanes[i].cursor != 0 && o.lanes[i].roomy() {
			return true
		}
	}
	return false
}

func (l *lane) roomy() bool { return len(l.flight) <= laneMessages/2 && l.bytes <= laneBytes/2 }

func (o *outbox) refillLane(rd Reader, f fabric, to int) error {
	l := &o.lanes[to]
	var burst []numbered
	from := l.cursor
	l.cursor = 0
	err := scanNumbered(rd, uint16(o.partition), tagOutbox, from, func(first, _ uint64, content []byte) (bool, error) {
		err := parseOutgoing(content, len(o.lanes), func(g int, n uint64, m Message) {
			if g != to || n <= l.sent || l.cursor != 0 {
				return
			}
			if len(l.flight) >= laneMessages || l.bytes >= laneBytes {
				l.cursor = first
				return
			}
			l.launch(numbered{n, m})
			burst = append(burst, numbered{n, m})
		})
		return l.cursor == 0, err
	})
	if err == nil && len(burst) > 0 {
		f.deliver(o.partition, to, burst)
	}
	return err
}

// open reads what had not been received when the process ended, and sends it
// again. Received says how far a receiver's counter is.
func (o *outbox) open(rd Reader, m *meta, received func(to int) (uint64, error)) error {
	for to := range o.lanes {
		n, err := received(to)
		if err != nil {
			return err
		}
		o.acks[to].Store(max(n, o.acks[to].Load()))
		o.lanes[to].sent = n
	}
	return scanNumbered(rd, uint16(o.partition), tagOutbox, m.low.outbox, func(first, last uint64, content []byte) (bool, error) {
		row := outRow{first: first, last: last}
		err := parseOutgoing(content, len(o.lanes), func(to int, n uint64, m Message) {
			row.end(to, n)
			if l := &o.lanes[to]; n > l.sent && l.cursor == 0 {
				l.cursor, o.waiting = first, true
			}
		})
		o.rows = append(o.rows, row)
		return true, err
	})
}
