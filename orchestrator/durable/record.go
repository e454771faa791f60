package durable

import (
	"errors"
	"fmt"
	"hash/crc32"
)

// record is the stored form of an instance beside its log: the kernel's own
// fields as of the turn that wrote it, and the head. Turns that change only the
// log do not rewrite it: the rows of the log behind it say what has changed.
type record struct {
	incarnation uint64
	generation  uint32
	turns       uint64
	events      uint64
	created     int64
	updated     int64
	genFrom     uint64 // turn that began this generation, or rewrote its history
	logFrom     uint64 // lowest turn whose row is still needed: history or answers
	index       []indexMark
	headRows    int // continuation rows of the head
	head        []byte
}

// indexMark remembers an index row, so that it is written only when it changes.
type indexMark struct {
	name string
	time int64
	sum  uint32 // of its data
}

func markOf(x Index) indexMark {
	return indexMark{name: x.Name, time: x.Time, sum: crc32.ChecksumIEEE(x.Data)}
}

// recordVersion is the first byte of every record and log row.
const recordVersion = 1

// headRoom is how much of a head fits beside the record's own fields.
const headRoom = MaxRow - 4096

// append writes the row of the record; what does not fit of the head goes into
// continuation rows, which the caller writes.
func (r *record) append(b []byte) []byte {
	b = append(b, recordVersion)
	b = AppendUint(b, r.incarnation)
	b = AppendUint(b, uint64(r.generation))
	b = AppendUint(b, r.turns)
	b = AppendUint(b, r.events)
	b = AppendInt(b, r.created)
	b = AppendInt(b, r.updated)
	b = AppendUint(b, r.genFrom)
	b = AppendUint(b, r.logFrom)
	b = AppendUint(b, uint64(len(r.index)))
	for _, x := range r.index {
		b = AppendString(b, x.name)
		b = AppendInt(b, x.time)
		b = AppendUint(b, uint64(x.sum))
	}
	b = AppendUint(b, uint64(len(r.head)))
	return append(b, r.head[:min(len(r.head), headRoom)]...)
}

// readRecord reads an instance's record and its whole head, copied. ErrNoRow
// means that there is no such instance.
func readRecord(rd Reader, p uint16, id ID) (*record, error) {
	row, err := rd.Get(recordKey(p, id))
	if err != nil {
		return nil, err
	}
	r, headLen, err := parseRecord(row)
	if err != nil {
		return nil, fmt.Errorf("record of %s: %w", id, err)
	}
	for n := 0; len(r.head) < headLen; n++ {
		more, err := rd.Get(headKey(p, r.incarnation, n))
		if err != nil {
			return nil, fmt.Errorf("%w: head of %s, piece %d: %w", ErrCorrupt, id, n, err)
		}
		r.head = append(r.head, more...)
		r.headRows = n + 1
	}
	if len(r.head) != headLen {
		return nil, fmt.Errorf("%w: head of %s has %d bytes, its record says %d", ErrCorrupt, id, len(r.head), headLen)
	}
	return r, nil
}

// parseRecord reads the record row; the head may go on in other rows.
func parseRecord(row []byte) (r *record, headLen int, err error) {
	d := NewDecoder(row)
	if v := d.Byte(); v != recordVersion {
		return nil, 0, fmt.Errorf("%w: record version %d, this program knows %d", ErrCorrupt, v, recordVersion)
	}
	r = &record{
		incarnation: d.Uint(), generation: uint32(d.Uint()), turns: d.Uint(), events: d.Uint(),
		created: d.Int(), updated: d.Int(), genFrom: d.Uint(), logFrom: d.Uint(),
	}
	if n := d.Count(); n > 0 {
		r.index = make([]indexMark, 0, n)
		for ; n > 0 && d.err == nil; n-- {
			r.index = append(r.index, indexMark{name: d.String(), time: d.Int(), sum: uint32(d.Uint())})
		}
	}
	n := d.Uint()
	if d.err != nil {
		return nil, 0, d.err
	}
	if n > MaxHead || len(d.b) > int(n) {
		return nil, 0, fmt.Errorf("%w: head of %d bytes", ErrCorrupt, n)
	}
	r.head = append(make([]byte, 0, n), d.b...)
	return r, int(n), nil
}

// turnRow is the log row of one turn, decoded.
type turnRow struct {
	turn       uint64
	pieces     int
	time       int64
	generation uint32
	before     uint64 // events published before this turn
	history    [][]byte
	events     [][]byte
	requests   []requestEntry
}

// appendTurnRow writes the content of a log row.
func appendTurnRow(b []byte, t *turnRow) []byte {
	b = append(b, recordVersion)
	b = AppendInt(b, t.time)
	b = AppendUint(b, uint64(t.generation))
	b = AppendUint(b, t.before)
	for _, list := range [2][][]byte{t.history, t.events} {
		b = AppendUint(b, uint64(len(list)))
		for _, e := range list {
			b = AppendBytes(b, e)
		}
	}
	b = AppendUint(b, uint64(len(t.requests)))
	for i := range t.requests {
		b = t.requests[i].append(b)
	}
	return b
}

// parseTurnRow reads the content of a log row. Its entries are slices of b.
func parseTurnRow(b []byte) (t turnRow, err error) {
	d := NewDecoder(b)
	if v := d.Byte(); v != recordVersion {
		return t, fmt.Errorf("%w: log version %d, this program knows %d", ErrCorrupt, v, recordVersion)
	}
	t.time, t.generation, t.before = d.Int(), uint32(d.Uint()), d.Uint()
	t.history = d.list()
	t.events = d.list()
	if n := d.Count(); n > 0 {
		t.requests = make([]requestEntry, 0, n)
		for ; n > 0 && d.err == nil; n-- {
			t.requests = append(t.requests, d.requestEntry())
		}
	}
	return t, d.Done()
}

// list reads a list of byte strings.
func (d *Decoder) list() [][]byte {
	n := d.Count()
	if n == 0 {
		return nil
	}
	l := make([][]byte, 0, n)
	for ; n > 0 && d.err == nil; n-- {
		l = append(l, d.present())
	}
	return l
}

// scanLog reads the turns of an incarnation from a turn on (or, in reverse,
// from below it), putting together rows that were cut, until fn returns false.
// Rows given to fn are copies of their own.
func scanLog(rd Reader, p uint16, incarnation, from uint64, fn func(turnRow) (bool, error)) error {
	var (
		content []byte
		current uint64
		pieces  int
		failed  error
	)
	emit := func() bool {
		if pieces == 0 {
			return true
		}
		t, err := parseTurnRow(content)
		if err != nil {
			failed = fmt.Errorf("log of incarnation %d, turn %d: %w", incarnation, current, err)
			return false
		}
		t.turn, t.pieces = current, pieces
		content, pieces = nil, 0
		more, err := fn(t)
		failed = err
		return more && err == nil
	}
	stopped := false
	_, end := prefixRange(logKey(p, incarnation, 0, 0)[:11])
	err := rd.Scan(logKey(p, incarnation, from, 0), end, false, func(k, v []byte) bool {
		turn, n := logKeyTurn(k)
		if n == 0 && !emit() {
			stopped = true
			return false
		}
		if n != pieces || (n > 0 && turn != current) {
			failed = fmt.Errorf("%w: log of incarnation %d, turn %d: piece %d where %d was due", ErrCorrupt, incarnation, turn, n, pieces)
			return false
		}
		current, pieces = turn, n+1
		content = append(content, v...)
		return true
	})
	if err != nil || failed != nil {
		return errors.Join(failed, err)
	}
	if !stopped {
		emit()
	}
	return failed
}
