package durable

import (
	"errors"
	"time"
)

// NextDue is how long it will be until the next timer is due, of an instance or
// of a message that waits, as far as is committed: 0 for one that is due
// already, and false where there is none. It may be called concurrently.
func (h *Host) NextDue() (wait time.Duration, ok bool, err error) {
	err = h.view(func(rd Reader) error {
		for _, p := range h.partitions {
			for _, c := range []Clock{Wall, Uptime} {
				d, found, err := firstDue(rd, uint16(p.n), c)
				if err != nil {
					return err
				}
				if !found {
					continue
				}
				left := d.At - p.clock.now().At(c)
				if c == Uptime {
					left += p.clock.standing()
				}
				if in := time.Duration(min(max(left, 0), maxWait.Milliseconds())) * time.Millisecond; !ok || in < wait {
					wait, ok = in, true
				}
			}
		}
		return nil
	})
	return wait, ok, err
}

// maxWait is as long as a Duration of whole milliseconds can be.
const maxWait = time.Duration(1<<63-1) / time.Millisecond * time.Millisecond

// firstDue is the earliest due time of a partition's timers on a clock. Their
// keys lie in that order.
func firstDue(rd Reader, partition uint16, c Clock) (d Due, ok bool, err error) {
	start, end := prefixRange(append(rowKey(partition, tagTimer, 1), byte(c)))
	err = rd.Scan(start, end, false, func(k, _ []byte) bool {
		if ok = len(k) == timerKeyLen; ok {
			d, _, _ = timerKeyParts(k)
		}
		return false
	})
	return d, ok, err
}

var errReload = errors.New("it was asked for")

// Reload throws away what is in memory and reads the store again, as after a
// commit whose outcome is unknown; it returns before that has happened. Whoever
// waits for an answer goes on waiting, and work that runs goes on. Tests call it
// to see that nothing lives in memory alone. It may be called concurrently.
func (h *Host) Reload() { h.recover(errReload) }
