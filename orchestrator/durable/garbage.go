package durable

import "fmt"

// garbage is log rows that nobody can reach any more, to be deleted a few with
// each batch: those of an erased incarnation, or the ones without events of an
// old generation.
type garbage struct {
	number      uint64 // of its row
	incarnation uint64
	from, to    uint64 // turns, from <= turn < to
	all         bool   // events and head too
}

// discard has log rows deleted by later batches.
func (p *partition) discard(g garbage) {
	g.number = p.meta.nextNumber()
	b := AppendUint([]byte{recordVersion}, g.incarnation)
	b = AppendUint(AppendUint(b, g.from), g.to)
	all := byte(0)
	if g.all {
		all = 1
	}
	p.batch.put(numberKey(uint16(p.n), tagGarbage, g.number), append(b, all))
	p.garbage = append(p.garbage, g)
	p.batch.littered++
}

// collect deletes some garbage with the batch. What this batch itself discarded
// waits, since its rows are not on disk yet.
func (p *partition) collect() {
	old := len(p.garbage) - p.batch.littered
	if old <= 0 || p.batch.full() {
		return
	}
	g := &p.garbage[0]
	var keys [][]byte
	next := g.to
	err := p.store.View(func(rd Reader) (err error) {
		keys, next, err = g.find(rd, uint16(p.n))
		return err
	})
	if err != nil {
		p.log.Error().Err(err).Uint64("incarnation", g.incarnation).Msg("garbage cannot be read; it stays until the next start")
		p.stats.Corrupt.Add(1)
		p.garbage = p.garbage[1:]
		return
	}
	for _, k := range keys {
		p.batch.del(k)
	}
	if g.from = next; g.from < g.to {
		return
	}
	p.batch.del(numberKey(uint16(p.n), tagGarbage, g.number))
	p.meta.low.garbage = g.number + 1
	p.garbage = p.garbage[1:]
}

// find gives the keys of up to collectRows rows and the turn from which to go
// on.
func (g *garbage) find(rd Reader, p uint16) (keys [][]byte, next uint64, err error) {
	next = g.to
	_, end := prefixRange(logKey(p, g.incarnation, 0, 0)[:11])
	if !g.all {
		end = logKey(p, g.incarnation, g.to, 0)
	}
	bare := true
	err = rd.Scan(logKey(p, g.incarnation, g.from, 0), end, false, func(k, v []byte) bool {
		turn, n := logKeyTurn(k)
		if len(keys) >= collectRows && n == 0 {
			next = turn
			return false
		}
		if n == 0 && !g.all {
			bare = !rowHasEvents(v)
		}
		if bare {
			keys = append(keys, append([]byte(nil), k...))
		}
		return true
	})
	if err != nil || !g.all || next < g.to {
		return keys, next, err
	}
	start, end := prefixRange(headKey(p, g.incarnation, 0)[:11])
	err = rd.Scan(start, end, false, func(k, _ []byte) bool {
		keys = append(keys, append([]byte(nil), k...))
		return true
	})
	return keys, next, err
}

// rowHasEvents reads as much of a log row's first piece as says whether it
// published something. A row whose history fills the first piece is taken to
// have events, and stays.
func rowHasEvents(v []byte) bool {
	d := NewDecoder(v)
	d.Byte()
	d.Int()
	d.Uint()
	d.Uint()
	d.list()
	return d.Uint() != 0 || d.Err() != nil
}

func (p *partition) openGarbage(rd Reader) error {
	_, end := prefixRange(rowKey(uint16(p.n), tagGarbage, 0))
	var failed error
	err := rd.Scan(numberKey(uint16(p.n), tagGarbage, p.meta.low.garbage), end, false, func(k, v []byte) bool {
		d := NewDecoder(v)
		d.Byte()
		g := garbage{number: keyNumber(k), incarnation: d.Uint(), from: d.Uint(), to: d.Uint()}
		g.all = d.Byte() == 1
		if failed = d.Done(); failed != nil {
			failed = fmt.Errorf("garbage row %d: %w", g.number, failed)
			return false
		}
		p.garbage = append(p.garbage, g)
		return true
	})
	if failed != nil {
		return failed
	}
	return err
}
