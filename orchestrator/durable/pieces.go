package durable

import "fmt"

// Numbered rows (outbox, inbox, work) hold one content each. Where it is longer
// than MaxRow it goes on in the rows that follow: every row starts with a byte
// that says whether more comes.
const (
	pieceLast byte = 0
	pieceMore byte = 1
)

// putNumbered writes a content under the next numbers of the partition and
// returns the first and the last.
func (b *builder) putNumbered(tag byte, m *meta, content []byte) (first, last uint64) {
	for {
		n := min(len(content), MaxRow-1)
		mark := pieceLast
		if n < len(content) {
			mark = pieceMore
		}
		last = m.nextNumber()
		if first == 0 {
			first = last
		}
		row := append(append(make([]byte, 0, n+1), mark), content[:n]...)
		b.put(numberKey(b.partition, tag, last), row)
		if content = content[n:]; len(content) == 0 {
			return first, last
		}
	}
}

// deleteNumbered deletes the rows first to last.
func (b *builder) deleteNumbered(tag byte, first, last uint64) {
	for n := first; n <= last; n++ {
		b.del(numberKey(b.partition, tag, n))
	}
}

// scanNumbered reads the contents from a number on, with the numbers of their
// first and last row, until fn returns false. The content is a copy.
func scanNumbered(rd Reader, p uint16, tag byte, from uint64, fn func(first, last uint64, content []byte) (bool, error)) error {
	var (
		content []byte
		first   uint64
		failed  error
	)
	_, end := prefixRange(rowKey(p, tag, 0))
	err := rd.Scan(numberKey(p, tag, from), end, false, func(k, v []byte) bool {
		n := keyNumber(k)
		if len(v) == 0 {
			failed = fmt.Errorf("%w: row %c %d is empty", ErrCorrupt, tag, n)
			return false
		}
		if first == 0 {
			first = n
		}
		content = append(content, v[1:]...)
		if v[0] == pieceMore {
			return true
		}
		var more bool
		more, failed = fn(first, n, content)
		content, first = nil, 0
		return more && failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// builder collects the rows of one batch.
type builder struct {
	partition uint16
	rows      []Row
	size      int
	expected  int // rows that the batch before had
}

func (b *builder) add(r Row) {
	if b.rows == nil {
		b.rows = make([]Row, 0, b.expected+4)
	}
	b.rows = append(b.rows, r)
	b.size += len(r.Key) + len(r.Value)
}

func (b *builder) put(k, v []byte) {
	if v == nil {
		v = []byte{}
	}
	b.add(Row{Key: k, Value: v})
}

func (b *builder) del(k []byte) { b.add(Row{Key: k}) }
