package wire

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// begin starts a frame of a type. The helpers below each add one field, and the caller closes the object, so that a
// frame's Append reads as its row in the protocol.
func begin(dst []byte, t Type) []byte {
	dst = append(dst, `{"t":"`...)
	dst = append(dst, t...)
	return append(dst, '"')
}

func appendKey(dst []byte, key string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, key...)
	return append(dst, '"', ':')
}

func appendText(dst []byte, key, s string) []byte { return appendString(appendKey(dst, key), s) }

func appendInt(dst []byte, key string, n int64) []byte {
	return strconv.AppendInt(appendKey(dst, key), n, 10)
}

func appendOptional(dst []byte, key string, n Optional) []byte {
	if !n.Set {
		return dst
	}
	return appendInt(dst, key, n.N)
}

// appendRaw adds JSON that the caller has encoded; nothing encoded is null.
func appendRaw(dst []byte, key string, raw json.RawMessage) []byte {
	dst = appendKey(dst, key)
	if len(raw) == 0 {
		return append(dst, "null"...)
	}
	return append(dst, raw...)
}

const hex = "0123456789abcdef"

// appendString writes s as JSON the way JSON.stringify does, so that both ends write the same text: the short escapes
// where there are some, \u00xx for the other control characters, all else as it is. A byte that is not UTF-8 becomes
// U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0 // what lies before it is written
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[from:i]...)
				dst = utf8.AppendRune(dst, utf8.RuneError)
				from = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		dst = appendEscape(dst, c)
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
