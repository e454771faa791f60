package orchestrator

import (
	"fmt"

	"github.com/everturn/everturn/orchestrator/durable"
)

// chunkSize is when a turn's records go on in another history entry, in bytes.
const chunkSize = 32 << 10

// journal collects the records of one live turn. A turn is one history entry
// (a version byte, kTurnStarted, and the records), or more where it is large.
type journal struct {
	coder  coder
	chunks [][]byte
	buf    []byte
	bytes  int
	count  int
}

// begin starts the turn's entry; only a turn in which something happens has one.
func (j *journal) begin(now durable.Time) {
	j.chunks, j.bytes, j.count = nil, 0, 0
	j.buf = append(make([]byte, 0, 256), historyVersion)
	j.append(&record{kind: kTurnStarted, time: now})
}

func (j *journal) append(r *record) {
	if len(j.buf) >= chunkSize {
		j.chunks = append(j.chunks, j.buf)
		j.bytes += len(j.buf)
		j.buf = append(make([]byte, 0, chunkSize+1<<10), historyVersion)
	}
	j.buf = j.coder.encode(j.buf, r)
	j.count++
}

func (j *journal) size() int { return j.bytes + len(j.buf) }

// take gives the turn's entries and empties the journal.
func (j *journal) take() [][]byte {
	if len(j.buf) == 0 {
		return nil
	}
	out := append(j.chunks, j.buf)
	j.chunks, j.buf, j.bytes, j.count = nil, nil, 0, 0
	return out
}

// cursor reads the records of a history, one after the other. For a replay it
// passes over the marks of patches and notes them: see [Context.Patched].
type cursor struct {
	coder  coder
	log    [][]byte
	entry  int
	dec    durable.Decoder
	names  durable.Names
	count  int
	replay bool
	marks  marks
	ahead  *record // read, but not given out
}

func newCursor(log [][]byte) *cursor { return &cursor{log: log} }

// next reads a record; false means that the history is at its end.
func (c *cursor) next(r *record) (bool, error) {
	if c.ahead != nil {
		*r, c.ahead = *c.ahead, nil
		return true, nil
	}
	for {
		more, err := c.read(r)
		if err != nil || !more || !c.replay || r.kind != kPatched {
			return more, err
		}
		c.marks.add(r.name)
	}
}

// marked says whether the mark of a patch stands here, or was passed.
func (c *cursor) marked(id string) (bool, error) {
	if c.ahead == nil {
		var r record
		more, err := c.next(&r)
		if err != nil {
			return false, err
		}
		if more {
			c.ahead = &r
		}
	}
	return c.marks[id], nil
}

func (c *cursor) read(r *record) (bool, error) {
	for !c.dec.More() {
		if c.entry == len(c.log) {
			return false, nil
		}
		c.dec = *durable.NewDecoder(c.log[c.entry])
		c.dec.Share(&c.names) // a history says the same names again and again
		c.entry++
		if v := c.dec.Byte(); v != historyVersion {
			return false, fmt.Errorf("%w: history entry %d has version %d, not %d", durable.ErrCorrupt, c.entry, v, historyVersion)
		}
	}
	if err := c.coder.decode(&c.dec, r); err != nil {
		return false, fmt.Errorf("history entry %d: %w", c.entry, err)
	}
	c.count++
	return true, nil
}
