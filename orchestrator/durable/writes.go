package durable

import "slices"

// writeRecord writes the rows of an instance's record as the batch leaves it:
// the record, the rest of a long head, and the index rows that changed.
func (p *partition) writeRecord(l *live) {
	b, was := p.batch, l.stored
	if !l.exists() {
		if was.exists {
			b.del(recordKey(b.partition, l.id))
		}
		p.writeIndex(l, was.index, nil)
		return
	}
	switch {
	case l.reindex:
		l.index = p.writeIndex(l, was.index, l.wanted)
	case was.incarnation != l.incarnation:
		l.index = p.writeIndex(l, was.index, nil)
	}
	p.trim(l)
	l.headRows = p.writeHead(l, was)
	b.put(recordKey(b.partition, l.id), l.record.append(make([]byte, 0, 128+len(l.head))))
}

// writeHead writes what does not fit beside the record. The rows belong to the
// incarnation, so that an earlier one's are garbage and not overwritten.
func (p *partition) writeHead(l *live, was *storedRecord) (rows int) {
	if len(l.head) > headRoom {
		for rest := l.head[headRoom:]; len(rest) > 0; rows++ {
			n := min(len(rest), MaxRow)
			p.batch.put(headKey(p.batch.partition, l.incarnation, rows), rest[:n:n])
			rest = rest[n:]
		}
	}
	if was.incarnation == l.incarnation {
		for n := rows; n < was.headRows; n++ {
			p.batch.del(headKey(p.batch.partition, l.incarnation, n))
		}
	}
	return rows
}

// writeIndex makes the index rows what is wanted and returns their marks.
func (p *partition) writeIndex(l *live, was []indexMark, wanted []Index) []indexMark {
	marks := make([]indexMark, 0, len(wanted))
	for _, x := range wanted {
		mark := markOf(x)
		if slices.ContainsFunc(marks, func(m indexMark) bool { return m.name == x.Name && m.time == x.Time }) {
			continue // named twice
		}
		marks = append(marks, mark)
		if !slices.Contains(was, mark) {
			p.batch.put(indexKey(p.batch.partition, x.Name, x.Time, l.id), x.Data)
		}
	}
	for _, old := range was {
		if !slices.ContainsFunc(marks, func(m indexMark) bool { return m.name == old.name && m.time == old.time }) {
			p.batch.del(indexKey(p.batch.partition, old.name, old.time, l.id))
		}
	}
	return marks
}

// trim forgets log rows that neither the history nor a kept answer needs. Rows
// with events stay until the instance is purged. Rows of this very batch wait
// for the next trim.
func (p *partition) trim(l *live) {
	low := l.genFrom
	if l.generation > 1 || l.turns%64 == 0 {
		low = l.window.lowest(low)
	} else if l.window != nil {
		low = l.logFrom
	}
	if low <= l.logFrom {
		return
	}
	l.logFrom = low
	n := 0
	for n < len(l.bare) && l.bare[n].turn < low && l.bare[n].turn < l.firstTurn {
		n++
	}
	if n > trimAtOnce {
		p.discard(garbage{incarnation: l.incarnation, from: l.bare[0].turn, to: l.bare[n-1].turn + 1})
	} else {
		for _, t := range l.bare[:n] {
			for i := range t.pieces {
				p.batch.del(logKey(p.batch.partition, l.incarnation, t.turn, i))
			}
		}
	}
	l.bare = slices.Clone(l.bare[n:])
}
