package durable

// The kernel's own types in stored form. Optional fields are announced by a
// bit mask in front, so that the common message costs few bytes.

// AppendID appends an ID.
func AppendID(b []byte, id ID) []byte {
	b = append(b, byte(id.Kind))
	b = AppendString(b, id.Name)
	return AppendString(b, id.Key)
}

// ID reads an ID.
func (d *Decoder) ID() ID {
	return ID{Kind: Kind(d.Byte()), Name: d.String(), Key: d.String()}
}

// maxCauses bounds a cause chain, so that a corrupt row cannot recurse for ever.
const maxCauses = 64

// AppendFailure appends a failure; nil is one zero byte.
func AppendFailure(b []byte, f *Failure) []byte {
	n := 0
	for c := f; c != nil && n < maxCauses; c = c.Cause {
		n++
	}
	b = append(b, byte(n))
	for c := f; n > 0; c, n = c.Cause, n-1 {
		b = AppendString(b, string(c.Code))
		b = AppendString(b, c.Type)
		b = AppendString(b, c.Message)
		b = AppendString(b, c.Stack)
		b = appendProps(b, c.Props)
	}
	return b
}

// Failure reads a failure.
func (d *Decoder) Failure() *Failure {
	n := int(d.Byte())
	if n > maxCauses {
		d.fail("cause chain")
		return nil
	}
	var first *Failure
	last := &first
	for ; n > 0 && d.err == nil; n-- {
		f := &Failure{Code: Code(d.String()), Type: d.String(), Message: d.String(), Stack: d.String(), Props: d.props()}
		*last, last = f, &f.Cause
	}
	return first
}

// appendProps writes a map in the order of its keys, so that equal failures
// have equal bytes.
func appendProps(b []byte, m map[string]string) []byte {
	b = AppendUint(b, uint64(len(m)))
	for _, k := range sortedKeys(m) {
		b = AppendString(b, k)
		b = AppendString(b, m[k])
	}
	return b
}

func (d *Decoder) props() map[string]string {
	n := d.Count()
	if n == 0 {
		return nil
	}
	m := make(map[string]string, n)
	for ; n > 0 && d.err == nil; n-- {
		k := d.String()
		m[k] = d.String()
	}
	return m
}

// AppendReturn appends a return address; the zero value is one byte.
func AppendReturn(b []byte, r Return) []byte {
	var mask byte
	if !r.To.IsZero() {
		mask |= 1
	}
	if r.Token != 0 {
		mask |= 2
	}
	if r.Caller != "" || r.Request != "" {
		mask |= 4
	}
	b = append(b, mask)
	if mask&1 != 0 {
		b = AppendID(b, r.To)
		b = AppendUint(b, r.Incarnation)
		b = AppendUint(b, uint64(r.Generation))
		b = AppendUint(b, r.Task)
	}
	if mask&2 != 0 {
		b = AppendUint(b, r.Token)
	}
	if mask&4 != 0 {
		b = AppendString(b, r.Caller)
		b = AppendString(b, r.Request)
	}
	return b
}

// Return reads a return address.
func (d *Decoder) Return() (r Return) {
	mask := d.Byte()
	if mask > 7 {
		d.fail("return address")
		return Return{}
	}
	if mask&1 != 0 {
		r.To = d.ID()
		r.Incarnation = d.Uint()
		r.Generation = uint32(d.Uint())
		r.Task = d.Uint()
		if r.To.IsZero() {
			d.fail("return address")
			return Return{}
		}
	}
	if mask&2 != 0 {
		r.Token = d.Uint()
	}
	if mask&4 != 0 {
		r.Caller = d.String()
		r.Request = d.String()
	}
	return r
}

// AppendTime appends a moment on both clocks.
func AppendTime(b []byte, t Time) []byte { return AppendInt(AppendInt(b, t.Wall), t.Uptime) }

// Time reads a moment on both clocks.
func (d *Decoder) Time() Time { return Time{Wall: d.Int(), Uptime: d.Int()} }

// Bits of a message's optional fields.
const (
	hasFrom = 1 << iota
	hasName
	hasBody
	hasFail
	hasDue
	hasTarget // incarnation, generation, task
	hasReturn
	hasMeta
)

// AppendMessage appends a message. An empty body and no body are kept apart.
func AppendMessage(b []byte, m *Message) []byte {
	var mask byte
	set := func(bit byte, on bool) {
		if on {
			mask |= bit
		}
	}
	set(hasFrom, !m.From.IsZero())
	set(hasName, m.Name != "")
	set(hasBody, m.Body != nil)
	set(hasFail, m.Fail != nil)
	set(hasDue, m.Due != Due{})
	set(hasTarget, m.Incarnation != 0 || m.Generation != 0 || m.Task != 0)
	set(hasReturn, !m.Return.IsZero())
	set(hasMeta, m.Meta != nil)
	b = append(b, byte(m.Op), mask)
	b = AppendID(b, m.To)
	b = AppendTime(b, m.Stamp)
	if mask&hasFrom != 0 {
		b = AppendID(b, m.From)
	}
	if mask&hasName != 0 {
		b = AppendString(b, m.Name)
	}
	if mask&hasBody != 0 {
		b = AppendBytes(b, m.Body)
	}
	if mask&hasFail != 0 {
		b = AppendFailure(b, m.Fail)
	}
	if mask&hasDue != 0 {
		b = AppendInt(append(b, byte(m.Due.Clock)), m.Due.At)
	}
	if mask&hasTarget != 0 {
		b = AppendUint(b, m.Incarnation)
		b = AppendUint(b, uint64(m.Generation))
		b = AppendUint(b, m.Task)
	}
	if mask&hasReturn != 0 {
		b = AppendReturn(b, m.Return)
	}
	if mask&hasMeta != 0 {
		b = AppendBytes(b, m.Meta)
	}
	return b
}

// Message reads a message. Its byte fields are slices of the decoder's input.
func (d *Decoder) Message() (m Message) {
	m.Op = Op(d.Byte())
	mask := d.Byte()
	m.To = d.ID()
	m.Stamp = d.Time()
	if mask&hasFrom != 0 {
		m.From = d.ID()
	}
	if mask&hasName != 0 {
		m.Name = d.String()
	}
	if mask&hasBody != 0 {
		m.Body = d.present()
	}
	if mask&hasFail != 0 {
		m.Fail = d.Failure()
	}
	if mask&hasDue != 0 {
		m.Due = Due{Clock: d.clock(), At: d.Int()}
	}
	if mask&hasTarget != 0 {
		m.Incarnation = d.Uint()
		m.Generation = uint32(d.Uint())
		m.Task = d.Uint()
	}
	if mask&hasReturn != 0 {
		m.Return = d.Return()
	}
	if mask&hasMeta != 0 {
		m.Meta = d.present()
	}
	return m
}

// present reads a byte string that is there, even if it is empty.
func (d *Decoder) present() []byte {
	if v := d.Bytes(); v != nil || d.err != nil {
		return v
	}
	return []byte{}
}

func (d *Decoder) clock() Clock {
	c := Clock(d.Byte())
	if c > Uptime {
		d.fail("clock")
	}
	return c
}

// size is about how many bytes the message takes, for the bounds of mailboxes
// and streams.
func (m *Message) size() int {
	r := &m.Return
	return 64 + len(m.To.Name) + len(m.To.Key) + len(m.From.Name) + len(m.From.Key) + len(m.Name) + len(m.Body) + len(m.Meta) +
		len(r.To.Name) + len(r.To.Key) + len(r.Caller) + len(r.Request) + m.Fail.size()
}

// size is about how many bytes the failure takes with its causes.
func (f *Failure) size() (n int) {
	for causes := 0; f != nil && causes < maxCauses; f, causes = f.Cause, causes+1 {
		n += 8 + len(f.Code) + len(f.Type) + len(f.Message) + len(f.Stack)
		for k, v := range f.Props {
			n += len(k) + len(v)
		}
	}
	return n
}
