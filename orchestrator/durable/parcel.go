package durable

import "sync"

// parcel is a message on its way to a turn, with what has to be noted when the
// turn's batch takes it: a message is taken and noted in one commit.
type parcel struct {
	m       Message
	kind    parcelKind
	from    int          // of a stream: the sending partition
	n       uint64       // of a stream: number in the lane; of work: its packed number
	last    uint64       // of the inbox: its last row (n is the first)
	due     timerID      // of a timer
	done    func(Answer) // of a client that waits, for Return.Token
	watcher *Watcher
}

type parcelKind byte

const (
	fromClient parcelKind = iota // outside, lives in memory alone
	fromStream                   // another partition; its outbox keeps it until we have it
	fromInbox                    // a row of our inbox
	fromTimer                    // a row of our timers
	fromWork                     // the result of work; the work row stays until we have it
	fromTurn                     // a turn of the batch under way
	toRetry                      // not a message: let a quarantined instance turn again
	toWatch                      // not a message: begin a watch
	toUnwatch                    // not a message: end a watch
	toAsk                        // not a message: what is stored of a client's request
)

// Bounds of what waits at a partition's door. Only messages from outside are
// refused; what comes from inside is bounded where it is made.
const (
	mailMessages = 8192
	mailBytes    = 16 << 20
)

// mailbox is where parcels wait for their partition. Any goroutine puts; the
// partition's own takes.
type mailbox struct {
	mu     sync.Mutex
	list   []parcel
	bytes  int
	closed bool
	wake   chan struct{} // holds one token while there may be something
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// put adds parcels. From outside it may refuse: full, or closed.
func (b *mailbox) put(list ...parcel) (ok bool, closed bool) {
	size := 0
	for i := range list {
		size += list[i].m.size()
	}
	outside := len(list) == 1 && list[0].kind == fromClient
	b.mu.Lock()
	if b.closed || outside && (len(b.list) >= mailMessages || b.bytes+size > mailBytes) {
		closed = b.closed
		b.mu.Unlock()
		return false, closed
	}
	b.list = append(b.list, list...)
	b.bytes += size
	b.mu.Unlock()
	b.poke()
	return true, false
}

// poke wakes the partition, once however often.
func (b *mailbox) poke() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take moves all that waits to the caller, who gives back its emptied slice.
func (b *mailbox) take(empty []parcel) []parcel {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.list
	b.list, b.bytes = empty[:0], 0
	return list
}

// close refuses all that comes from now on and gives what still waits.
func (b *mailbox) close() []parcel {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.list
	b.closed, b.list = true, nil
	return list
}
