package durable

import "fmt"

// meta is the row of the partition itself, part of every batch: the clocks as
// of the batch, the counters that make ids and numbers, and how far the streams
// to and from the other partitions have come.
type meta struct {
	batch       uint64
	time        Time
	incarnation uint64   // the last that was given
	number      uint64   // the last given to rows that are numbered
	out         []uint64 // by partition: the last message sent there
	in          []uint64 // by partition: the last message received from there
	low         lows
}

// lows are numbers below which a queue has no rows: scans begin there and so
// step over the tombstones that queues leave behind.
type lows struct{ outbox, inbox, work, garbage uint64 }

func newMeta(partitions int) meta {
	return meta{out: make([]uint64, partitions), in: make([]uint64, partitions)}
}

func (m *meta) append(b []byte) []byte {
	b = append(b, recordVersion)
	b = AppendUint(b, m.batch)
	b = AppendTime(b, m.time)
	b = AppendUint(b, m.incarnation)
	b = AppendUint(b, m.number)
	b = AppendUint(b, m.low.outbox)
	b = AppendUint(b, m.low.inbox)
	b = AppendUint(b, m.low.work)
	b = AppendUint(b, m.low.garbage)
	for _, list := range [2][]uint64{m.out, m.in} {
		b = AppendUint(b, uint64(len(list)))
		for _, n := range list {
			b = AppendUint(b, n)
		}
	}
	return b
}

func parseMeta(row []byte, partitions int) (meta, error) {
	d := NewDecoder(row)
	if v := d.Byte(); v != recordVersion {
		return meta{}, fmt.Errorf("%w: partition row version %d, this program knows %d", ErrCorrupt, v, recordVersion)
	}
	m := newMeta(partitions)
	m.batch = d.Uint()
	m.time = d.Time()
	m.incarnation, m.number = d.Uint(), d.Uint()
	m.low = lows{outbox: d.Uint(), inbox: d.Uint(), work: d.Uint(), garbage: d.Uint()}
	for _, list := range [2][]uint64{m.out, m.in} {
		if n := d.Uint(); n != uint64(partitions) && d.err == nil {
			return meta{}, fmt.Errorf("%w: partition row knows %d partitions, the store has %d", ErrCorrupt, n, partitions)
		}
		for i := range list {
			list[i] = d.Uint()
		}
	}
	return m, d.Done()
}

// advance moves the partition's time forward; neither clock ever runs back.
func (m *meta) advance(now Time) Time {
	m.time.Wall = max(m.time.Wall, now.Wall)
	m.time.Uptime = max(m.time.Uptime, now.Uptime)
	return m.time
}

func (m *meta) nextNumber() uint64 {
	m.number++
	return m.number
}
