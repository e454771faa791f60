package durable

import "slices"

// The fabric and the pool of a [Manual].

func (m *Manual) lane(from, to int) *manualLane {
	for _, l := range m.lanes {
		if l.From == from && l.To == to {
			return l
		}
	}
	l := &manualLane{Lane: Lane{from, to}}
	m.lanes = append(m.lanes, l)
	return l
}

func (m *Manual) deliver(from, to int, list []numbered) {
	l := m.lane(from, to)
	for i := range list {
		l.list, l.n = append(l.list, AppendMessage(nil, &list[i].m)), append(l.n, list[i].n)
	}
}

func (m *Manual) acked(from, to int, n uint64) {
	l := m.lane(from, to)
	l.ack = max(l.ack, n)
}

func (l *manualLane) busy() bool { return len(l.list) > 0 || l.ack > 0 }

// Lanes are the pairs of partitions with something under way.
func (m *Manual) Lanes() (list []Lane) {
	for _, l := range m.lanes {
		if l.busy() {
			list = append(list, l.Lane)
		}
	}
	return list
}

// Carry lets the first messages of a lane arrive, up to a number, and what the
// receiver acknowledged reach the sender. With again the messages stay under
// way, to arrive once more. Within a lane the order is kept.
func (m *Manual) Carry(lane Lane, most int, again bool) error {
	l := m.lane(lane.From, lane.To)
	if l.ack > 0 {
		m.Host.acked(l.From, l.To, l.ack)
		l.ack = 0
	}
	n := min(most, len(l.list))
	parcels := make([]parcel, 0, n)
	for i := range n {
		d := NewDecoder(slices.Clone(l.list[i]))
		msg := d.Message()
		if err := d.Done(); err != nil {
			return err
		}
		parcels = append(parcels, parcel{m: msg, kind: fromStream, from: l.From, n: l.n[i]})
	}
	if n > 0 {
		m.partitions[l.To].mail.put(parcels...)
	}
	if !again {
		l.list, l.n = l.list[n:], l.n[n:]
	}
	return nil
}

func (m *Manual) submit(partition int, number uint64, task Work) {
	m.jobs = append(m.jobs, job{partition, number, task})
}

// drop does nothing: work that nobody wants any more may be done, by a worker
// that has not heard of it.
func (m *Manual) drop([]workKey) {}

// Work is what waits to be done, oldest first.
func (m *Manual) Work() []Work {
	list := make([]Work, len(m.jobs))
	for i := range m.jobs {
		list[i] = m.jobs[i].Work
	}
	return list
}

// Waiting is how many pieces of work wait to be done.
func (m *Manual) Waiting() int { return len(m.jobs) }

// Finish hands in the result of the i-th piece of work. With again the work
// stays, to be done once more.
func (m *Manual) Finish(i int, a Answer, again bool) {
	j := m.jobs[i]
	if !again {
		m.jobs = slices.Delete(m.jobs, i, i+1)
	}
	p := m.partitions[j.partition]
	p.mail.put(parcel{kind: fromWork, n: j.number, m: Message{
		To: j.ID, Op: OpResult, Incarnation: j.Incarnation, Generation: j.Generation, Task: j.Task, Body: a.Body, Fail: a.Fail, Stamp: p.clock.now(),
	}})
}
