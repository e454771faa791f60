package wire

import (
	"unicode/utf16"
	"unicode/utf8"
)

// scanner walks over one JSON text, strictly by its grammar (RFC 8259) and without allocating. Each method leaves pos
// behind what it has read, or at the byte that is wrong. The text must be valid UTF-8: whoever makes a scanner checks.
type scanner struct {
	data []byte
	pos  int
}

// form is the form of a JSON value.
type form uint8

const (
	formNone form = iota
	formString
	formNumber
	formTrue
	formFalse
	formNull
	formObject
	formArray
)

// value is where a JSON value lies in the text: a string without its quotes, all else whole.
type value struct {
	start, end int32
	form       form
	escaped    bool // a string with at least one backslash
}

// peek returns the byte at pos; 0, which no JSON has outside of its strings, at the end.
func (s *scanner) peek() byte {
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

// accept steps over c if it is next.
func (s *scanner) accept(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// value reads a value of any form.
func (s *scanner) value() (value, bool) {
	start := s.pos
	switch c := s.peek(); c {
	case '"':
		return s.string()
	case '{', '[':
		ok := s.nested()
		f := formObject
		if c == '[' {
			f = formArray
		}
		return value{start: int32(start), end: int32(s.pos), form: f}, ok
	case 't':
		return s.literal("true", formTrue)
	case 'f':
		return s.literal("false", formFalse)
	case 'n':
		return s.literal("null", formNull)
	}
	ok := s.number()
	return value{start: int32(start), end: int32(s.pos), form: formNumber}, ok
}

func (s *scanner) literal(word string, f form) (value, bool) {
	start := s.pos
	for i := range len(word) {
		if !s.accept(word[i]) {
			return value{}, false
		}
	}
	return value{start: int32(start), end: int32(s.pos), form: f}, true
}

func (s *scanner) string() (value, bool) {
	if !s.accept('"') {
		return value{}, false
	}
	v := value{start: int32(s.pos), form: formString}
	for i := s.pos; i < len(s.data); i++ {
		c := s.data[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		s.pos = i
		switch c {
		case '"':
			v.end = int32(i)
			s.pos++
			return v, true
		case '\\':
			v.escaped = true
			if !s.escape() {
				return value{}, false
			}
			i = s.pos - 1
		default: // a control character
			return value{}, false
		}
	}
	s.pos = len(s.data)
	return value{}, false
}

// escape reads a backslash and what belongs to it.
func (s *scanner) escape() bool {
	s.pos++
	c := s.peek()
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos++
		return true
	case 'u':
		s.pos++
		for range 4 {
			if _, ok := unhex(s.peek()); !ok {
				return false
			}
			s.pos++
		}
		return true
	}
	return false
}

func (s *scanner) number() bool {
	s.accept('-')
	if !s.accept('0') && !s.digits() {
		return false
	}
	if s.accept('.') && !s.digits() {
		return false
	}
	if s.accept('e') || s.accept('E') {
		if !s.accept('+') {
			s.accept('-')
		}
		return s.digits()
	}
	return true
}

// digits reads one digit or more.
func (s *scanner) digits() bool {
	from := s.pos
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.pos++
	}
	return s.pos > from
}

// nested reads an object or array with all that is in it. It keeps the open brackets on a stack of its own, one byte
// each: a frame that is nothing but brackets must not grow the goroutine's stack.
func (s *scanner) nested() bool {
	var room [64]byte
	open := append(room[:0], s.peek())
	s.pos++
	for first := true; len(open) > 0; {
		top := open[len(open)-1]
		s.space()
		if s.accept(top + 2) { // in ASCII the closing bracket is the second after the opening one
			open = open[:len(open)-1]
			first = false
			continue
		}
		if !first && !s.comma() {
			return false
		}
		if top == '{' && !s.key() {
			return false
		}
		if c := s.peek(); c == '{' || c == '[' {
			open = append(open, c)
			s.pos++
			first = true
			continue
		}
		if _, ok := s.value(); !ok {
			return false
		}
		first = false
	}
	return true
}

func (s *scanner) comma() bool {
	ok := s.accept(',')
	s.space()
	return ok
}

// key steps over a key that nobody asks for, and its colon.
func (s *scanner) key() bool {
	if _, ok := s.string(); !ok {
		return false
	}
	return s.colon()
}

func (s *scanner) colon() bool {
	s.space()
	ok := s.accept(':')
	s.space()
	return ok
}

// unhex returns what a hexadecimal digit stands for.
func unhex(c byte) (rune, bool) {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0'), true
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10, true
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10, true
	}
	return 0, false
}

// unescape appends what the text between a string's quotes stands for; the scanner has accepted it. Half a surrogate
// pair stands for nothing and becomes U+FFFD, as in encoding/json.
func unescape(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			i++
			continue
		}
		switch c := s[i+1]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := unit(s[i:])
			if utf16.IsSurrogate(r) {
				r = utf16.DecodeRune(r, unit(s[i+6:]))
				if r != utf8.RuneError {
					i += 6 // the second half
				}
			}
			dst = utf8.AppendRune(dst, r)
			i += 4 // and the two below
		default: // a quote, a slash or a backslash stands for itself
			dst = append(dst, c)
		}
		i += 2
	}
	return dst
}

// unit returns the UTF-16 unit that s begins with as \uXXXX; -1 if it does not begin with one.
func unit(s []byte) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range s[2:6] {
		d, ok := unhex(c)
		if !ok {
			return -1
		}
		r = r<<4 | d
	}
	return r
}
