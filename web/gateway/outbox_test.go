package gateway

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/web/wire"
)

// box is an outbox whose writer is the test.
type box struct {
	outbox
	now time.Time
}

func newBox() *box {
	b := &box{now: time.Unix(1_700_000_000, 0)}
	b.busy = true
	return b
}

func (b *box) clock() time.Time { return b.now }

func (b *box) event(v *viewer, text string) fate {
	return b.push(outFrame{data: []byte(text), n: 1, viewer: v}, b.clock)
}

func (b *box) keep(text string) fate { return b.add([]byte(text), b.clock) }

func (b *box) taken() string {
	data, _, _, _ := b.take(nil)
	return string(data)
}

func TestOverflowDropsEventsOnly(t *testing.T) {
	b, one, two := newBox(), &viewer{}, &viewer{}
	b.keep("ack1 ")
	for i := range wire.OutFrames - 1 {
		if what := b.event([]*viewer{one, two}[i%2], "ev "); what != kept {
			t.Fatalf("frame %d: %d", i, what)
		}
	}
	if what := b.keep("ack2 "); what != overflow {
		t.Fatalf("no overflow: %d", what)
	}
	if one.state != stale || two.state != stale || len(b.pulls) != 2 {
		t.Fatalf("states %d, %d", one.state, two.state)
	}
	if got := b.taken(); got != "ack1 ack2 " {
		t.Fatalf("what is left is %q", got)
	}
	if b.count != 0 || b.bytes != 0 {
		t.Errorf("%d frames, %d bytes are still counted", b.count, b.bytes)
	}
}

func TestOverflowAgain(t *testing.T) {
	for _, test := range []struct {
		after time.Duration
		what  fate
	}{{wire.OverflowAgain - 1, tooSlow}, {wire.OverflowAgain, overflow}} {
		b, v := newBox(), &viewer{}
		fill := func() (what fate) {
			for what == kept {
				what = b.event(v, "ev")
			}
			return what
		}
		if what := fill(); what != overflow {
			t.Fatalf("first: %d", what)
		}
		b.now = b.now.Add(test.after)
		if what := fill(); what != test.what { // a stale viewer's events count as if they waited
			t.Errorf("again after %v: %d", test.after, what)
		}
	}
}

func TestASyncThatIsReadEndsTheCounting(t *testing.T) {
	b, v := newBox(), &viewer{}
	for i := 0; b.event(v, "ev") == kept; i++ {
	}
	for range 10 * wire.OutFrames {
		b.pull(v, stale)
		b.event(v, "ev") // missed: the sync will have it
		if _, serve, _, _ := b.take(nil); serve != v {
			t.Fatal("nobody is to be served")
		}
		b.served(v)
	}
	if what := b.event(v, "ev"); what != kept || b.taken() != "ev" {
		t.Errorf("live again: %d", what)
	}
}

func TestOverflowByBytes(t *testing.T) {
	b, v := newBox(), &viewer{}
	big := strings.Repeat("x", wire.OutBytes/4)
	for range 4 {
		if what := b.event(v, big); what != kept {
			t.Fatalf("too early: %d", what)
		}
	}
	if what := b.event(v, "x"); what != overflow {
		t.Fatalf("no overflow: %d", what)
	}
}

// Acks and pongs are never dropped, so too many of them end the socket.
func TestWhatCannotGiveWay(t *testing.T) {
	b := newBox()
	for i := range wire.OutFrames {
		if what := b.keep("ack"); what != kept {
			t.Fatalf("frame %d: %d", i, what)
		}
	}
	if what := b.keep("ack"); what != tooSlow {
		t.Fatalf("%d", what)
	}
}

func TestForgetAndEnd(t *testing.T) {
	b, one, two := newBox(), &viewer{}, &viewer{}
	b.event(one, "1 ")
	b.event(two, "2 ")
	b.forget(one)
	b.event(one, "1 ")
	b.control("p")
	if !b.end([]byte("bye"), b.now) || b.end([]byte("no"), b.now) {
		t.Error("it ends once")
	}
	b.keep("late")
	data, _, last, endBy := b.take(nil)
	if got := string(data); got != "\x8a\x01p2 bye" || !last || endBy != b.now.Add(wire.WriteDeadline) {
		t.Errorf("%q, %v, %v", got, last, endBy)
	}
}

// A writer that is always a little late must not make the list of frames grow.
func TestOutboxThatIsNeverEmpty(t *testing.T) {
	b := newBox()
	chunk := strings.Repeat("x", writeChunk)
	b.keep(chunk)
	for range 2_000 {
		b.keep(chunk)
		b.taken()
	}
	if len(b.frames) > wire.OutFrames+1 {
		t.Errorf("%d frames are kept", len(b.frames))
	}
}

func TestFramesOfAllSizes(t *testing.T) {
	for _, size := range []int{0, 30, 31, 32, 60, 200, 65_000, 65_506, 65_507, 65_508, 65_509, 65_510, 70_000} {
		f := wire.Error{Code: wire.CodeBusy, Msg: strings.Repeat("x", size)}
		text := string(f.Append(nil))
		var want string
		switch n := len(text); {
		case n <= 125:
			want = fmt.Sprintf("\x81%c", n)
		case n <= 65535:
			want = "\x81\x7e" + string([]byte{byte(n >> 8), byte(n)})
		default:
			want = "\x81\x7f\x00\x00\x00\x00" + string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		}
		if got := string(appendFrame([]byte("before"), f)); got != "before"+want+text {
			t.Errorf("%d: header % x", len(text), got[6:16])
		}
	}
}
