package durable

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Stored rows and messages are written with a handful of primitives: unsigned
// and zig-zag varints, and byte strings with their length in front. Behaviors
// may use them for their heads and logs too.

// ErrCorrupt means that stored bytes cannot be decoded.
var ErrCorrupt = errors.New("durable: corrupt row")

// AppendUint appends an unsigned varint.
func AppendUint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// AppendInt appends a signed varint.
func AppendInt(b []byte, v int64) []byte { return binary.AppendVarint(b, v) }

// AppendBytes appends the length and the bytes.
func AppendBytes(b, v []byte) []byte { return append(binary.AppendUvarint(b, uint64(len(v))), v...) }

// AppendString appends the length and the text.
func AppendString(b []byte, v string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

// Decoder reads what the Append functions wrote. The first error sticks and
// all later reads give zero values, so that a caller checks once, at the end.
// Bytes are slices of the input, not copies.
type Decoder struct {
	b     []byte
	err   error
	names *Names
}

// NewDecoder reads from b.
func NewDecoder(b []byte) *Decoder { return &Decoder{b: b} }

func (d *Decoder) fail(what string) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: bad %s with %d bytes left", ErrCorrupt, what, len(d.b))
	}
	d.b = nil
}

// Uint reads an unsigned varint.
func (d *Decoder) Uint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail("number")
		return 0
	}
	d.b = d.b[n:]
	return v
}

// Int reads a signed varint.
func (d *Decoder) Int() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail("number")
		return 0
	}
	d.b = d.b[n:]
	return v
}

// Byte reads one byte.
func (d *Decoder) Byte() byte {
	if len(d.b) == 0 {
		d.fail("byte")
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

// Bytes reads a byte string: nil if it is empty.
func (d *Decoder) Bytes() []byte {
	n := d.Uint()
	if n > uint64(len(d.b)) {
		d.fail("length")
		return nil
	}
	if n == 0 {
		return nil
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}

// String reads a text.
func (d *Decoder) String() string {
	if d.names != nil {
		return d.names.share(d.Bytes())
	}
	return string(d.Bytes())
}

// Share has equal texts share their memory, where names has them from before.
func (d *Decoder) Share(names *Names) { d.names = names }

// Names are some of the texts that were read last, each in the one place where
// it can be, so that texts that never come again do no harm. The zero value is
// empty.
type Names [16]string

func (n *Names) share(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	place := &n[(len(b)+7*int(b[0])+13*int(b[len(b)-1]))%len(n)]
	if *place != string(b) {
		*place = string(b)
	}
	return *place
}

// Count reads the length of a list whose elements take at least one byte each,
// so that a corrupt length cannot ask for more memory than the row has.
func (d *Decoder) Count() int {
	n := d.Uint()
	if n > uint64(len(d.b)) {
		d.fail("count")
		return 0
	}
	return int(n)
}

// More says whether bytes are left.
func (d *Decoder) More() bool { return len(d.b) > 0 }

// Err is the first error.
func (d *Decoder) Err() error { return d.err }

// Done is the first error, or one that says that bytes were left over.
func (d *Decoder) Done() error {
	if d.err == nil && len(d.b) > 0 {
		d.fail("end")
	}
	return d.err
}
