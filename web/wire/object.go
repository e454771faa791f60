package wire

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// object is a frame that was read but not yet understood: which fields it has, and where their values lie.
type object struct {
	data     []byte
	seen     fieldSet
	twice    fieldSet // of a field that is there twice, the first value counts as its value
	strange  bool     // there is a field that no frame has:
	stranger value    // the first one's name
	values   [fieldCount]value
}

// parse reads a whole frame. It returns the sentence that says what is wrong if it is not a JSON object.
func (o *object) parse(data []byte) string {
	if !utf8.Valid(data) {
		return "The frame is not valid UTF-8."
	}
	o.data = data
	s := scanner{data: data}
	s.space()
	if c := s.peek(); c != '{' && c != 0 {
		return "The frame is not a JSON object."
	}
	if !o.members(&s) || s.pos < len(data) {
		return fmt.Sprintf("The frame is not valid JSON, from byte %d on.", s.pos)
	}
	return ""
}

// members reads the object's fields and the white space behind it.
func (o *object) members(s *scanner) bool {
	if !s.accept('{') {
		return false
	}
	s.space()
	for first := true; !s.accept('}'); first = false {
		if !first && !s.comma() {
			return false
		}
		name, ok := s.string()
		if !ok || !s.colon() {
			return false
		}
		v, ok := s.value()
		if !ok {
			return false
		}
		o.note(name, v)
		s.space()
	}
	s.space()
	return true
}

// note files one field away.
func (o *object) note(name, v value) {
	f := o.field(name)
	switch {
	case f == fieldCount:
		if !o.strange {
			o.strange, o.stranger = true, name
		}
	case o.seen.has(f):
		o.twice |= 1 << f
	default:
		o.seen |= 1 << f
		o.values[f] = v
	}
}

func (o *object) field(name value) field {
	if name.escaped {
		return lookup(unescape(nil, o.raw(name)))
	}
	return lookup(o.raw(name))
}

// raw returns a value as it stands in the frame.
func (o *object) raw(v value) []byte { return o.data[v.start:v.end:v.end] }

// appendText appends what a string stands for.
func (o *object) appendText(dst []byte, v value) []byte {
	if v.escaped {
		return unescape(dst, o.raw(v))
	}
	return append(dst, o.raw(v)...)
}

// text returns what a field that is a string stands for, empty if it is not there. The bytes are the frame's own where
// they can be.
func (o *object) text(f field) []byte {
	v := o.values[f]
	if v.escaped {
		return unescape(make([]byte, 0, v.end-v.start), o.raw(v))
	}
	return o.raw(v)
}

// shape returns which of the shapes the frame claims to have by its field t; nil if none. The second result says whether
// t is a string at all.
func (o *object) shape(list []shape) (*shape, bool) {
	if o.values[fieldT].form != formString {
		return nil, false
	}
	t := o.text(fieldT)
	for i := range list {
		if string(t) == string(list[i].t) {
			return &list[i], true
		}
	}
	return nil, true
}

// misfit returns the sentence that says where the frame does not fit the shape; empty if it does.
func (o *object) misfit(sh *shape) string {
	if o.twice != 0 {
		return fmt.Sprintf("The field %q is there twice.", fields[o.twice.first()].name)
	}
	if o.strange {
		return fmt.Sprintf("The field %s is unknown in a frame of type %q.", quote(o.appendText(nil, o.stranger)), sh.t)
	}
	if extra := o.seen &^ (sh.required | sh.optional); extra != 0 {
		return fmt.Sprintf("The field %q is unknown in a frame of type %q.", fields[extra.first()].name, sh.t)
	}
	if missing := sh.required &^ o.seen; missing != 0 {
		return fmt.Sprintf("The field %q is missing in a frame of type %q.", fields[missing.first()].name, sh.t)
	}
	for rest := o.seen; rest != 0; rest &= rest - 1 {
		if f := rest.first(); !o.valid(f) && !o.excused(f, sh) {
			return f.must()
		}
	}
	return ""
}

// first returns the field of a set that stands first in the list of fields.
func (s fieldSet) first() field { return field(bits.TrailingZeros32(uint32(s))) }

// excused says whether a value against its field's rule is right in this frame after all: a nack names no match where
// the command named none, and the clock is null where the frame always has it and the match has none.
func (o *object) excused(f field, sh *shape) bool {
	v := o.values[f]
	switch f {
	case fieldM:
		return sh.t == TypeNack && v.form == formString && v.start == v.end
	case fieldClock:
		return sh.required.has(f) && v.form == formNull
	}
	return false
}

// valid says whether the value of a field is what its rule asks for.
func (o *object) valid(f field) bool {
	v := o.values[f]
	spec := &fields[f]
	switch spec.rule {
	case ruleNumber:
		return v.form == formNumber && isNumber(o.raw(v))
	case ruleSeat:
		return v.form == formNumber && (isNumber(o.raw(v)) || string(o.raw(v)) == "-1")
	case ruleObject, ruleClock:
		return v.form == formObject
	case ruleTrue:
		return v.form == formTrue
	}
	if v.form != formString {
		return false
	}
	text := o.text(f)
	switch spec.rule {
	case ruleMatch:
		return isMatchID(text)
	case ruleAction:
		return Action(text).Known()
	case ruleKind:
		return Kind(text).Known()
	case ruleCode:
		return Code(text).Known()
	}
	return len(text) > 0 && (spec.max == 0 || utf8.RuneCount(text) <= spec.max)
}

// string returns a field's text, of its own memory; empty if the field is not there.
func (o *object) string(f field) string { return string(o.text(f)) }

// strings returns the texts of three fields cut from one string, of their own memory: one allocation for a command.
// What is kept of them keeps all three alive, some hundred bytes at most, but not the frame.
func (o *object) strings(a, b, c field) (string, string, string) {
	var room [256]byte
	text := o.appendText(room[:0], o.values[a])
	i := len(text)
	text = o.appendText(text, o.values[b])
	j := len(text)
	text = o.appendText(text, o.values[c])
	all := string(text)
	return all[:i], all[i:j], all[j:]
}

// number returns a field that is a valid number; 0 if it is not there.
func (o *object) number(f field) int64 { return parseNumber(o.raw(o.values[f])) }

func (o *object) optional(f field) Optional {
	return Optional{N: o.number(f), Set: o.seen.has(f)}
}

// json returns a field's JSON in the frame's own memory; nil if it is not there or null.
func (o *object) json(f field) json.RawMessage {
	v := o.values[f]
	if v.form == formNone || v.form == formNull {
		return nil
	}
	return o.raw(v)
}

// isNumber says whether a JSON number is a whole one from 0 to MaxNumber, written without sign, point and exponent.
func isNumber(raw []byte) bool {
	if len(raw) > len("9007199254740991") {
		return false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return false
		}
	}
	return parseNumber(raw) <= MaxNumber
}

// parseNumber returns what isNumber has accepted, or -1 for "-1".
func parseNumber(raw []byte) int64 {
	if len(raw) > 0 && raw[0] == '-' {
		return -parseNumber(raw[1:])
	}
	var n int64
	for _, c := range raw {
		n = n*10 + int64(c-'0')
	}
	return n
}

func isMatchID(id []byte) bool {
	if len(id) < MinMatchIDChars || len(id) > MaxMatchIDChars {
		return false
	}
	for _, c := range id {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// quote quotes somebody else's text for a sentence, cut to a length that a sentence bears.
func quote(text []byte) string {
	const limit = 32
	if utf8.RuneCount(text) <= limit {
		return strconv.Quote(string(text))
	}
	return strconv.Quote(string([]rune(string(text))[:limit]) + "…")
}
