package durable

import (
	"errors"
	"fmt"
	"math/bits"
)

// Work of one batch is packed into rows of up to workRowTasks tasks. Of each
// row it is stored which tasks are done, so that none of them is done again
// after a crash; when all are, both rows go. Only workHandOut of it is handed
// out at a time; the rest waits on disk.
const workRowTasks = 256

// pool does work. Submit does not wait; the result comes back to the partition
// as a parcel. Drop says that the results of some of it are of no use any more.
type pool interface {
	submit(partition int, number uint64, w Work)
	drop(keys []workKey)
}

// workRow is what is remembered of a content on disk.
type workRow struct {
	first, last uint64 // numbers of its rows
	tasks       int
	done        []byte // one bit a task
	left        int
	stored      bool // the done row exists
	changed     bool // by this batch
	ready       []Work
}

// workNumber names a task of a row.
type workNumber struct {
	row  uint64
	task int
}

func (n workNumber) pack() uint64 { return n.row<<8 | uint64(n.task) }

func unpackWork(n uint64) workNumber { return workNumber{n >> 8, int(n & 0xff)} }

// workQueue is the work of a partition's instances.
type workQueue struct {
	partition int
	rows      map[uint64]*workRow
	order     []*workRow      // oldest first; those with left == 0 are passed over
	next      []*workRow      // not handed out yet, oldest first
	running   map[uint64]bool // handed out by this process and not done; outlives a recovery
	fresh     []Work
	touched   []*workRow
}

func newWorkQueue(partition int, running map[uint64]bool) *workQueue {
	return &workQueue{partition: partition, rows: map[uint64]*workRow{}, running: running}
}

// add adds work to the batch under way.
func (q *workQueue) add(w Work) { q.fresh = append(q.fresh, w) }

// write packs the batch's new work into rows, and notes what was done.
func (q *workQueue) write(b *builder, m *meta) {
	for len(q.fresh) > 0 {
		var content []byte
		n := 0
		for n < len(q.fresh) && n < workRowTasks && (n == 0 || len(content) < MaxRow*3/4) {
			var before *Work
			if n > 0 {
				before = &q.fresh[n-1]
			}
			content = appendWork(content, before, &q.fresh[n])
			n++
		}
		r := &workRow{tasks: n, left: n, done: make([]byte, (n+7)/8), ready: q.fresh[:n:n]}
		r.first, r.last = b.putNumbered(tagWork, m, content)
		q.take(r)
		q.fresh = q.fresh[n:]
	}
	for _, r := range q.touched {
		q.writeDone(b, r)
	}
	q.touched = q.touched[:0]
	for len(q.order) > 0 && q.order[0].left == 0 {
		m.low.work = q.order[0].last + 1
		q.order = q.order[1:]
	}
}

func (q *workQueue) take(r *workRow) {
	q.rows[r.first] = r
	q.order = append(q.order, r)
	q.next = append(q.next, r)
}

func (q *workQueue) writeDone(b *builder, r *workRow) {
	r.changed = false
	if r.left > 0 {
		b.put(numberKey(b.partition, tagDone, r.first), append([]byte(nil), r.done...))
		r.stored = true
		return
	}
	b.deleteNumbered(tagWork, r.first, r.last)
	if r.stored {
		b.del(numberKey(b.partition, tagDone, r.first))
	}
	delete(q.rows, r.first)
}

// finish notes that a task is done. It is false for one that was done before,
// or that nobody asked for.
func (q *workQueue) finish(n workNumber) bool {
	r := q.rows[n.row]
	if r == nil || n.task >= r.tasks || r.done[n.task/8]&(1<<(n.task%8)) != 0 {
		return false
	}
	r.done[n.task/8] |= 1 << (n.task % 8)
	r.left--
	delete(q.running, n.pack())
	if !r.changed {
		r.changed = true
		q.touched = append(q.touched, r)
	}
	return true
}

// handOut gives work to the pool while there is room. It is called between
// batches.
func (q *workQueue) handOut(rd func(func(Reader) error) error, p pool) error {
	for len(q.next) > 0 && len(q.running) < workHandOut {
		r := q.next[0]
		if r.left == 0 { // done by what this process had been given before a recovery; its row is gone
			q.next = q.next[1:]
			continue
		}
		if r.ready == nil {
			if err := rd(func(rd Reader) error { return q.read(rd, r) }); err != nil {
				return err
			}
		}
		for i, w := range r.ready {
			n := workNumber{r.first, i}.pack()
			if r.done[i/8]&(1<<(i%8)) == 0 && !q.running[n] {
				q.running[n] = true
				p.submit(q.partition, n, w)
			}
		}
		r.ready = nil
		q.next = q.next[1:]
	}
	// What waits is on disk; memory keeps a little of it.
	for i := len(q.next) - 1; i >= 4 && q.next[i].ready != nil; i-- {
		q.next[i].ready = nil
	}
	return nil
}

func (q *workQueue) read(rd Reader, r *workRow) error {
	return scanNumbered(rd, uint16(q.partition), tagWork, r.first, func(_, _ uint64, content []byte) (bool, error) {
		list, err := parseWork(content)
		if err == nil && len(list) != r.tasks {
			err = fmt.Errorf("%w: work row %d has %d tasks, not %d", ErrCorrupt, r.first, len(list), r.tasks)
		}
		r.ready = list
		return false, err
	})
}

// open reads which work was under way when the process ended.
func (q *workQueue) open(rd Reader, m *meta) error {
	return scanNumbered(rd, uint16(q.partition), tagWork, m.low.work, func(first, last uint64, content []byte) (bool, error) {
		list, err := parseWork(content)
		if err != nil {
			return false, err
		}
		r := &workRow{first: first, last: last, tasks: len(list), left: len(list), done: make([]byte, (len(list)+7)/8)}
		if err := r.readDone(rd, uint16(q.partition)); err != nil {
			return false, err
		}
		q.take(r)
		return true, nil
	})
}

func (r *workRow) readDone(rd Reader, p uint16) error {
	row, err := rd.Get(numberKey(p, tagDone, r.first))
	if errors.Is(err, ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(row) != len(r.done) {
		return fmt.Errorf("%w: done row %d has %d bytes, not %d", ErrCorrupt, r.first, len(row), len(r.done))
	}
	copy(r.done, row)
	r.stored = true
	for _, b := range row {
		r.left -= bits.OnesCount8(b)
	}
	return nil
}

// Size is about how many bytes the work takes in its row, without its owner,
// who stands before the first of each turn's.
func (w *Work) Size() int { return 16 + len(w.Name) + len(w.Input) + len(w.Meta) }

// ownerSize is about how many bytes the owner of work takes.
func (w *Work) ownerSize() int { return 16 + len(w.ID.Name) + len(w.ID.Key) }

// appendWork appends a task. Its owner is left out where it is that of the task
// before it in the row.
func appendWork(b []byte, before, w *Work) []byte {
	if before != nil && before.ID == w.ID && before.Incarnation == w.Incarnation && before.Generation == w.Generation {
		b = append(b, 0)
	} else {
		b = AppendID(append(b, 1), w.ID)
		b = AppendUint(b, w.Incarnation)
		b = AppendUint(b, uint64(w.Generation))
	}
	b = AppendUint(b, w.Task)
	b = AppendString(b, w.Name)
	b = AppendBytes(b, w.Input)
	b = AppendInt(b, w.Timeout)
	return AppendBytes(b, w.Meta)
}

func parseWork(content []byte) ([]Work, error) {
	d := NewDecoder(content)
	var (
		list []Work
		w    Work // the owner is that of the task before, unless one is named
	)
	for d.More() && len(list) < workRowTasks {
		switch named := d.Byte(); {
		case named == 1:
			w.ID, w.Incarnation, w.Generation = d.ID(), d.Uint(), uint32(d.Uint())
		case named != 0 || len(list) == 0:
			d.fail("owner of work")
		}
		w.Task, w.Name, w.Input, w.Timeout, w.Meta = d.Uint(), d.String(), d.Bytes(), d.Int(), d.Bytes()
		list = append(list, w)
	}
	return list, d.Done()
}
