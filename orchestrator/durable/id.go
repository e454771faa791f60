package durable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says which [Behavior] runs an instance. The kernel gives it no meaning;
// each package above it owns one value.
type Kind byte

// MaxIDChars is the longest name and the longest key, in characters.
const MaxIDChars = 256

// maxIDBytes is the longest name and key together.
const maxIDBytes = 2 * utf8.UTFMax * MaxIDChars

// ID names an instance. It is comparable, and its hash picks the partition,
// for good: a database never changes its number of partitions.
//
// Name groups instances of one definition (an entity's name; empty for
// orchestrations, whose key alone is unique). Key tells them apart.
type ID struct {
	Kind Kind
	Name string
	Key  string
}

// IsZero says whether the ID names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// check refuses what cannot be a part of keys. What names and keys may look
// like is decided above, by CheckName.
func (id ID) check() error {
	switch {
	case strings.IndexByte(id.Name, 0) >= 0:
		return fmt.Errorf("the name %.40q has a zero byte", id.Name)
	case len(id.Name)+len(id.Key) > maxIDBytes:
		return fmt.Errorf("the ID %.40q… has %d bytes, more than %d", id.String(), len(id.Name)+len(id.Key), maxIDBytes)
	}
	return nil
}

// String is the ID as people write it: "@name@key" where there is a name, else
// the key.
func (id ID) String() string {
	if id.Name == "" {
		return id.Key
	}
	return "@" + id.Name + "@" + id.Key
}

// Partition is the number of the partition that owns the instance, of n.
// FNV-1a over kind, name and key: stable across machines and releases.
func (id ID) Partition(n int) int {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	h = (h ^ uint64(id.Kind)) * prime
	for i := 0; i < len(id.Name); i++ {
		h = (h ^ uint64(id.Name[i])) * prime
	}
	h *= prime // a zero byte between name and key
	for i := 0; i < len(id.Key); i++ {
		h = (h ^ uint64(id.Key[i])) * prime
	}
	h ^= h >> 32 // FNV's low bits alone are weak for short keys
	return int(h % uint64(n))
}

// CheckName refuses a text that cannot be a name or key of an instance: 1 to
// [MaxIDChars] characters of valid UTF-8, none of / \ # ?, no control
// characters, not starting with @ (BEHAVIOURS.md, D11). The error says which
// rule was broken.
func CheckName(what, s string) error {
	switch n := utf8.RuneCountInString(s); {
	case !utf8.ValidString(s):
		return fmt.Errorf("%s is not valid UTF-8", what)
	case n == 0:
		return fmt.Errorf("%s is empty", what)
	case n > MaxIDChars:
		return fmt.Errorf("%s has %d characters, more than %d", what, n, MaxIDChars)
	case s[0] == '@':
		return fmt.Errorf("%s %q starts with @, which is for entities", what, s)
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return strings.ContainsRune(`/\#?`, r) || unicode.IsControl(r) }); i >= 0 {
		return fmt.Errorf("%s %q has one of / \\ # ? or a control character at byte %d", what, s, i)
	}
	return nil
}
