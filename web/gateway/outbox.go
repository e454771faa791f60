package gateway

import (
	"slices"
	"sync"
	"time"

	"github.com/everturn/everturn/web/wire"
)

// writeChunk is about how many bytes go out with one write.
const writeChunk = 32 << 10

// outbox is what waits for a socket. Anybody may add; the writer takes, which is started when there is something to write
// and ends when there is nothing more.
//
// Its size is bounded: when it overflows, the event frames in it give way, their viewers become stale and get a sync
// instead; what cannot give way (acks, nacks, pongs) stays. A second overflow soon after, or one of such frames alone,
// ends the socket.
type outbox struct {
	mu     sync.Mutex
	frames []outFrame // frames[:taken] are out already
	taken  int
	count  int // of frames that wait
	bytes  int
	missed size      // of the events that came for stale viewers since one was last served
	pulls  []*viewer // whom the writer is to serve, in order
	busy   bool      // there is a writer, or none is wanted: before the start, and after the end
	pong   []byte    // payload of the latest ping of the client, to be answered; nil: none
	ping   bool      // a ping is due
	pings  *time.Timer

	overflowed time.Time // last
	ending     bool      // nothing is added any more; what waits goes out, then the farewell
	endBy      time.Time
	farewell   []byte // a close frame, or nothing

	start func() // starts a writer
}

// outFrame is one or several frames, encoded.
type outFrame struct {
	data   []byte
	n      int     // frames
	viewer *viewer // of events, which may give way; nil: must not be dropped
}

// size of frames.
type size struct{ frames, bytes int }

// fate is what adding did to the outbox.
type fate uint8

const (
	kept fate = iota
	overflow
	tooSlow // the socket is to be closed
)

// add puts a frame that must not be dropped.
func (o *outbox) add(data []byte, now func() time.Time) fate {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ending {
		return kept
	}
	return o.put(outFrame{data: data, n: 1}, now)
}

// push puts events of a live viewer. A stale one misses them, which counts as if they waited: who cannot read them cannot
// read the sync either. One that is behind pulls them later.
func (o *outbox) push(f outFrame, now func() time.Time) fate {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch v := f.viewer; {
	case o.ending || v.state == behind || v.state == left:
		return kept
	case v.state == stale:
		o.missed.frames += f.n
		o.missed.bytes += len(f.data)
		return o.check(now)
	}
	return o.put(f, now)
}

func (o *outbox) put(f outFrame, now func() time.Time) fate {
	o.frames = append(o.frames, f)
	o.count += f.n
	o.bytes += len(f.data)
	o.rouse()
	return o.check(now)
}

func (o *outbox) check(now func() time.Time) fate {
	if !o.over(o.missed) {
		return kept
	}
	at := now()
	again := !o.overflowed.IsZero() && at.Sub(o.overflowed) < wire.OverflowAgain
	o.overflowed = at
	if again {
		return tooSlow
	}
	o.yield()
	if o.over(size{}) {
		return tooSlow
	}
	return overflow
}

// over says whether what waits, and that much more, is too much.
func (o *outbox) over(more size) bool {
	return o.count+more.frames > wire.OutFrames || o.bytes+more.bytes > wire.OutBytes
}

// yield drops the events that wait: their viewers are stale from now on.
func (o *outbox) yield() {
	rest := o.frames[:0]
	o.count, o.bytes, o.missed = 0, 0, size{}
	for _, f := range o.frames[o.taken:] {
		if f.viewer != nil {
			o.pullLocked(f.viewer, stale)
			continue
		}
		rest = append(rest, f)
		o.count += f.n
		o.bytes += len(f.data)
	}
	clear(o.frames[len(rest):])
	o.frames, o.taken = rest, 0
}

// postpone lets a live viewer pull what comes next, behind what waits for it. False: it is not live.
func (o *outbox) postpone(v *viewer) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if v.state != live {
		return false
	}
	o.pullLocked(v, behind)
	return true
}

// pull puts a viewer into a state in which its write pump is to serve it.
func (o *outbox) pull(v *viewer, state viewing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if v.state == live {
		o.drop(v)
	}
	o.pullLocked(v, state)
}

func (o *outbox) pullLocked(v *viewer, state viewing) {
	if v.state == left || o.ending {
		return
	}
	v.state = state
	if !v.pulled {
		v.pulled = true
		o.pulls = append(o.pulls, v)
	}
	o.rouse()
}

// served ends a viewer's turn with the writer: it is live from now on.
func (o *outbox) served(v *viewer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if v.state == stale {
		o.missed = size{}
	}
	if v.state != left {
		v.state = live
	}
}

// state is a viewer's, now.
func (o *outbox) state(v *viewer) viewing {
	o.mu.Lock()
	defer o.mu.Unlock()
	return v.state
}

// forget drops all that waits for a viewer, who is gone.
func (o *outbox) forget(v *viewer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	v.state = left
	o.drop(v)
}

func (o *outbox) drop(v *viewer) {
	rest := o.frames[:o.taken]
	for _, f := range o.frames[o.taken:] {
		if f.viewer == v {
			o.count -= f.n
			o.bytes -= len(f.data)
			continue
		}
		rest = append(rest, f)
	}
	clear(o.frames[len(rest):])
	o.frames = rest
}

// control answers a ping of the client. Of several the last is enough (RFC 6455, 5.5.3), so they need no queue.
func (o *outbox) control(payload string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pong = append(o.pong[:0:0], payload...)
	if o.pong == nil {
		o.pong = []byte{}
	}
	o.rouse()
}

// end lets what waits go out, then the farewell, all within the write deadline. False: it was ending already.
func (o *outbox) end(farewell []byte, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.finish() {
		return false
	}
	o.farewell, o.endBy = farewell, now.Add(wire.WriteDeadline)
	o.rouse()
	return true
}

// closing says whether the outbox is ending.
func (o *outbox) closing() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ending
}

// abort ends at once: nobody is there to read. False: it was ending already.
func (o *outbox) abort() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	first := o.finish()
	o.frames, o.taken, o.farewell, o.pong, o.ping = nil, 0, nil, nil, false
	o.count, o.bytes = 0, 0
	o.rouse()
	return first
}

func (o *outbox) rouse() {
	if !o.busy {
		o.busy = true
		o.start()
	}
}

// take appends what is to be written next, and gives the viewer to be served behind it, if any: never before all that
// waits has been taken. Last: nothing comes
// after this. With nothing to do at all the writer has to end: there will be another.
func (o *outbox) take(dst []byte) (data []byte, serve *viewer, last bool, endBy time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	dst = o.takeControls(dst)
	for o.taken < len(o.frames) && len(dst) < writeChunk {
		f := o.frames[o.taken]
		o.frames[o.taken] = outFrame{}
		o.taken++
		o.count -= f.n
		o.bytes -= len(f.data)
		dst = append(dst, f.data...)
	}
	empty := o.taken == len(o.frames)
	switch {
	case empty:
		o.frames, o.taken = reuse(o.frames), 0
	case o.taken >= wire.OutFrames: // a writer that never comes to the end must not make it grow for ever
		o.frames, o.taken = slices.Delete(o.frames, 0, o.taken), 0
	}
	switch {
	case o.ending && empty:
		return append(dst, o.farewell...), nil, true, o.endBy
	case len(o.pulls) > 0 && len(dst) < writeChunk:
		serve = o.pulls[0]
		o.pulls = slices.Delete(o.pulls, 0, 1)
		serve.pulled = false
	case empty && len(dst) == 0:
		o.busy = false
	}
	return dst, serve, false, o.endBy
}

func (o *outbox) takeControls(dst []byte) []byte {
	if o.pong != nil {
		dst = appendControl(dst, opPong, o.pong)
		o.pong = nil
	}
	if o.ping {
		dst = appendControl(dst, opPing, nil)
		o.ping = false
	}
	return dst
}

// reuse keeps a small slice for the next frames: most sockets are idle, and must be cheap.
func reuse(frames []outFrame) []outFrame {
	if cap(frames) > 16 {
		return nil
	}
	return frames[:0]
}

// beat has a ping sent every now and then, until the end.
func (o *outbox) beat() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.ending {
		o.pings = time.AfterFunc(wire.PingEvery, o.duePing)
	}
}

func (o *outbox) duePing() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.ending {
		o.ping = true
		o.pings.Reset(wire.PingEvery)
		o.rouse()
	}
}

// finish lets nothing more in. False: it was so already.
func (o *outbox) finish() bool {
	if o.ending {
		return false
	}
	o.ending, o.pulls = true, nil
	if o.pings != nil {
		o.pings.Stop()
	}
	return true
}

// waiting is how many bytes wait.
func (o *outbox) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes
}
