package gateway

import (
	"encoding/binary"

	"github.com/everturn/everturn/web/wire"
)

// Frames are kept as they go over the wire, WebSocket header and all: a server's frames are not masked, so one encoding
// serves every socket that gets it, and many frames go out with one write.

// First bytes of WebSocket frames (RFC 6455, 5.2), each final.
const (
	opText  = 0x81
	opClose = 0x88
	opPing  = 0x89
	opPong  = 0x8a
)

const (
	headShort = 2   // bytes of a header, up to
	maxShort  = 125 // bytes of payload
	headLong  = 4
	maxLong   = 1<<16 - 1
	headHuge  = 10
)

// appendFrame appends a text frame. It is generic so that a frame needs not be boxed.
func appendFrame[F wire.ServerFrame](dst []byte, f F) []byte {
	start := len(dst)
	dst = append(dst, opText, 0, 0, 0) // a long header: the length is not known yet
	dst = f.Append(dst)
	size := len(dst) - start - headLong
	switch {
	case size <= maxShort:
		dst[start+1] = byte(size)
		copy(dst[start+headShort:], dst[start+headLong:])
		return dst[:len(dst)-(headLong-headShort)]
	case size <= maxLong:
		dst[start+1] = 126
		binary.BigEndian.PutUint16(dst[start+2:], uint16(size))
		return dst
	}
	dst = append(dst, make([]byte, headHuge-headLong)...)
	copy(dst[start+headHuge:], dst[start+headLong:])
	dst[start+1] = 127
	binary.BigEndian.PutUint64(dst[start+2:], uint64(size))
	return dst
}

// frameOf is a text frame in memory of its own.
func frameOf[F wire.ServerFrame](f F) []byte { return appendFrame(make([]byte, 0, 128), f) }

// appendControl appends a control frame; its payload has at most 125 bytes.
func appendControl(dst []byte, op byte, payload []byte) []byte {
	return append(append(dst, op, byte(len(payload))), payload...)
}

// closeFrame is a close frame; a code of 0 makes one without status.
func closeFrame(code wire.CloseCode, reason string) []byte {
	if code == 0 {
		return appendControl(nil, opClose, nil)
	}
	payload := binary.BigEndian.AppendUint16(nil, uint16(code))
	return appendControl(nil, opClose, append(payload, reason[:min(len(reason), wire.MaxCloseReason)]...))
}
