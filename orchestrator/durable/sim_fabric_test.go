package durable

import "slices"

// simFabric carries messages between the simulated partitions: encoded and
// decoded, so that nothing leaks through pointers; late; some of them twice;
// in order for each pair only.
type simFabric struct {
	world *world
	pairs map[[2]int]*simPair
	order [][2]int // pairs with something under way, in the order of their making
}

type simPair struct {
	list [][]byte
	n    []uint64
	ack  uint64 // to be told to the sender; 0 is none
}

func newSimFabric(w *world) *simFabric {
	return &simFabric{world: w, pairs: map[[2]int]*simPair{}}
}

func (f *simFabric) pair(from, to int) *simPair {
	k := [2]int{from, to}
	p := f.pairs[k]
	if p == nil {
		p = &simPair{}
		f.pairs[k] = p
		f.order = append(f.order, k)
	}
	return p
}

func (f *simFabric) deliver(from, to int, list []numbered) {
	if out := f.world.committed(from).out[to]; list[len(list)-1].n > out {
		f.world.violate("message %d from %d to %d left before it was stored (%d is)", list[len(list)-1].n, from, to, out)
	}
	p := f.pair(from, to)
	for i := range list {
		p.list, p.n = append(p.list, AppendMessage(nil, &list[i].m)), append(p.n, list[i].n)
	}
	f.world.figures.messages += len(list)
}

func (f *simFabric) acked(from, to int, n uint64) {
	if in := f.world.committed(to).in[from]; n > in {
		f.world.violate("partition %d acknowledged message %d from %d before it was stored (%d is)", to, n, from, in)
	}
	p := f.pair(from, to)
	p.ack = max(p.ack, n)
}

// move brings some of what is under way for a random pair to its end.
func (f *simFabric) move() {
	if len(f.order) > 0 {
		f.movePair(f.order[f.world.rng.IntN(len(f.order))])
	}
}

func (f *simFabric) movePair(k [2]int) {
	w, p := f.world, f.pairs[k]
	if p.ack > 0 && (w.quiet || w.chance(2)) {
		w.host.acked(k[0], k[1], p.ack)
		p.ack = 0
	}
	if len(p.list) == 0 {
		return
	}
	n := 1 + w.rng.IntN(len(p.list))
	parcels := make([]parcel, 0, n)
	for i := range n {
		d := NewDecoder(slices.Clone(p.list[i]))
		m := d.Message()
		if err := d.Done(); err != nil {
			w.violate("message cannot be decoded: %w", err)
		}
		parcels = append(parcels, parcel{m: m, kind: fromStream, from: k[0], n: p.n[i]})
	}
	w.parts[k[1]].mail.put(parcels...)
	if w.quiet || !w.chance(10) { // else: they come once more
		p.list, p.n = p.list[n:], p.n[n:]
	}
}

func (f *simFabric) empty() bool {
	for _, k := range f.order {
		if p := f.pairs[k]; p.ack > 0 || len(p.list) > 0 {
			return false
		}
	}
	return true
}

// simPool does work at random times, and now and then twice.
type simPool struct {
	world *world
	jobs  []job
}

func (s *simPool) submit(partition int, number uint64, task Work) {
	s.world.figures.work++
	s.world.view(func(rd Reader) error {
		if _, err := rd.Get(numberKey(uint16(partition), tagWork, unpackWork(number).row)); err != nil {
			s.world.violate("work %d of partition %d was handed out before it was stored: %w", number, partition, err)
		}
		return nil
	})
	s.jobs = append(s.jobs, job{partition, number, task})
}

// drop is nothing: what is unwanted may be done all the same.
func (s *simPool) drop([]workKey) {}

func (s *simPool) work() {
	if len(s.jobs) == 0 {
		return
	}
	w := s.world
	i := w.rng.IntN(len(s.jobs))
	j := s.jobs[i]
	if w.quiet || !w.chance(20) { // else: it is done twice
		s.jobs = slices.Delete(s.jobs, i, i+1)
	}
	w.parts[j.partition].mail.put(parcel{kind: fromWork, n: j.number, m: Message{
		To: j.ID, Op: OpResult, Incarnation: j.Incarnation, Generation: j.Generation, Task: j.Task,
		Body: slices.Clone(j.Input), Stamp: Time{Wall: w.wall, Uptime: w.parts[j.partition].uptime},
	}})
}
