package durable

import "time"

// cache holds a partition's instances in memory, bounded in bytes: the least
// recently used go first. It belongs to the partition's goroutine.
type cache struct {
	budget   int
	patience int64 // for how long an instance may lie unused, in milliseconds; 0: for ever
	now      int64 // uptime
	bytes    int
	lives    map[ID]*live
	ends     live // ring: ends.older is the most recently used
}

func newCache(budget int, patience time.Duration) *cache {
	c := &cache{budget: budget, patience: patience.Milliseconds(), lives: map[ID]*live{}}
	c.ends.newer, c.ends.older = &c.ends, &c.ends
	return c
}

func (c *cache) get(id ID) *live {
	l := c.lives[id]
	if l != nil {
		c.unlink(l)
		c.link(l)
	}
	return l
}

func (c *cache) add(l *live) {
	c.lives[l.id] = l
	c.link(l)
	c.weigh(l)
}

// weigh counts what the instance has grown or shrunk.
func (c *cache) weigh(l *live) {
	n := l.size()
	c.bytes += n - l.bytes
	l.bytes = n
}

func (c *cache) remove(l *live) {
	delete(c.lives, l.id)
	c.unlink(l)
	c.bytes -= l.bytes
	l.cool()
}

// evict drops instances until the budget is kept, and those that have not been
// used for long: they hibernate, and are their rows alone. It is called between
// batches, when all that they know is on disk. The one that was used last stays
// even if it alone is over the budget: a wide fan-out would else be read back
// from its history at every turn.
func (c *cache) evict() (n int) {
	for at, ok := c.nextIdle(); ok && at <= c.now; at, ok = c.nextIdle() {
		c.remove(c.ends.newer)
		n++
	}
	for c.bytes > c.budget && len(c.lives) > 1 {
		c.remove(c.ends.newer)
		n++
	}
	return n
}

// nextIdle is the uptime at which the next instance will have lain unused for
// long, if there is one.
func (c *cache) nextIdle() (at int64, ok bool) {
	return c.ends.newer.used + c.patience, c.patience > 0 && len(c.lives) > 0
}

func (c *cache) clear() {
	for c.ends.newer != &c.ends {
		c.remove(c.ends.newer)
	}
}

func (c *cache) link(l *live) {
	l.newer, l.older = &c.ends, c.ends.older
	l.older.newer, c.ends.older = l, l
	l.used = c.now
}

func (c *cache) unlink(l *live) {
	l.newer.older, l.older.newer = l.older, l.newer
	l.newer, l.older = nil, nil
}
