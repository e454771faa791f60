package entities

import (
	"fmt"

	"github.com/everturn/everturn/orchestrator/durable"
)

// headVersion is the first byte of every head.
const headVersion = 1

// Bits of the flags byte of a head.
const (
	flagExists = 1 << iota
	flagCustom // the state is in the entity's own format
	flagLocked
	flagWaiting
	flagDropped
	flagSerial
)

// head is what is stored of an entity:
//
//	version byte (1)
//	flags byte
//	uvarint state version
//	locked:  lockKey, varint since (wall ms)
//	waiting: uvarint count, that many messages
//	dropped: uvarint
//	serial:  uvarint
//	state:   uvarint length, that many bytes
//
// An entity that nobody locks has four or five bytes before its state.
type head struct {
	version      uint64 // changes of the state so far
	exists       bool
	format       byte
	state        []byte // the encoded state, as of the last good operation
	lock         *holder
	waiting      []durable.Message // in order of arrival, while another holds the lock
	waitingBytes int               // of waiting, by messageSize; not stored
	dropped      uint64            // signals lost because too much was waiting
	serial       uint64            // operations that drew ids or random numbers
}

func (h *head) append(b []byte) []byte {
	var flags byte
	set := func(bit byte, on bool) {
		if on {
			flags |= bit
		}
	}
	set(flagExists, h.exists)
	set(flagCustom, h.format == formatCustom)
	set(flagLocked, h.lock != nil)
	set(flagWaiting, len(h.waiting) > 0)
	set(flagDropped, h.dropped > 0)
	set(flagSerial, h.serial > 0)
	b = append(b, headVersion, flags)
	b = durable.AppendUint(b, h.version)
	if h.lock != nil {
		b = durable.AppendInt(h.lock.key.append(b), h.lock.since)
	}
	if len(h.waiting) > 0 {
		b = durable.AppendUint(b, uint64(len(h.waiting)))
		for i := range h.waiting {
			b = durable.AppendMessage(b, &h.waiting[i])
		}
	}
	if h.dropped > 0 {
		b = durable.AppendUint(b, h.dropped)
	}
	if h.serial > 0 {
		b = durable.AppendUint(b, h.serial)
	}
	return durable.AppendBytes(b, h.state)
}

// decodeHead reads a head; nil is that of an entity that never was. Its byte
// fields are slices of b.
func decodeHead(b []byte) (h head, err error) {
	if len(b) == 0 {
		return head{}, nil
	}
	d := durable.NewDecoder(b)
	if v := d.Byte(); v != headVersion {
		return head{}, fmt.Errorf("%w: entity head of version %d, this program knows %d", durable.ErrCorrupt, v, headVersion)
	}
	flags := d.Byte()
	if flags >= flagSerial<<1 {
		return head{}, fmt.Errorf("%w: entity head with unknown flags %#x", durable.ErrCorrupt, flags)
	}
	h.version = d.Uint()
	h.exists = flags&flagExists != 0
	if flags&flagCustom != 0 {
		h.format = formatCustom
	}
	if flags&flagLocked != 0 {
		h.lock = &holder{key: readLockKey(d), since: d.Int()}
	}
	if flags&flagWaiting != 0 {
		for n := d.Count(); n > 0 && d.Err() == nil; n-- {
			m := d.Message()
			h.waiting = append(h.waiting, m)
			h.waitingBytes += messageSize(&m)
		}
	}
	if flags&flagDropped != 0 {
		h.dropped = d.Uint()
	}
	if flags&flagSerial != 0 {
		h.serial = d.Uint()
	}
	h.state = d.Bytes()
	if err := d.Done(); err != nil {
		return head{}, fmt.Errorf("entity head: %w", err)
	}
	if !h.exists && len(h.state) > 0 {
		return head{}, fmt.Errorf("%w: entity head with a state of %d bytes that does not exist", durable.ErrCorrupt, len(h.state))
	}
	return h, nil
}
