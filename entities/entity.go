package entities

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Kind is the kernel's kind of entities.
const Kind durable.Kind = 'e'

// MaxNameBytes is the longest name of an entity or an operation. It leaves room
// for the prefix of the listing (see [Listing]).
const MaxNameBytes = 64

// Entity is the definition of the entities of one name, whose states are of
// type S. Make it with [Define], give it operations with [On].
type Entity[S any] struct{ def *definition }

// Definition is an [Entity] of any state type, for [NewRegistry].
type Definition interface{ definition() *definition }

// definition is an entity without its type: what a turn needs.
type definition struct {
	name  string // lower case
	ops   map[string]*operation
	fresh func(key string) any // a new *S
	codec stateCodec
	err   error // what is wrong with the definition; NewRegistry reports it
}

// Define names a class of entities and says what a new one's state is. The
// function must depend on its argument alone. Names are case-insensitive; at
// most [MaxNameBytes]. What is wrong with a definition is reported by
// [NewRegistry], so that definitions can be package variables.
func Define[S any](name string, fresh func(key string) S) *Entity[S] {
	d := &definition{
		name:  strings.ToLower(name),
		ops:   map[string]*operation{},
		codec: codecFor[S](),
		fresh: func(key string) any {
			s := fresh(key)
			return &s
		},
	}
	d.check(checkName("entity name", name))
	return &Entity[S]{def: d}
}

func (e *Entity[S]) definition() *definition { return e.def }

// Name is the entity's name, in lower case.
func (e *Entity[S]) Name() string { return e.def.name }

// ID names the entity with this key. Keys are case-sensitive and may be empty;
// what breaks their rules ([CheckKey]) is refused by whoever sends to it.
func (e *Entity[S]) ID(key string) durable.ID {
	return durable.ID{Kind: Kind, Name: e.def.name, Key: key}
}

// Read gives the last committed state of an entity, from outside. The version
// counts the changes of its life so far; it is 0, and the state the zero value,
// where exists is false. It may be called concurrently.
func (e *Entity[S]) Read(client *Client, key string) (state S, version uint64, exists bool, err error) {
	if err := CheckKey(key); err != nil {
		return state, 0, false, err
	}
	snap, err := client.host.Read(e.ID(key))
	if err != nil || !snap.Exists {
		return state, 0, false, err
	}
	h, err := decodeHead(snap.Head)
	if err != nil || !h.exists {
		return state, 0, false, err
	}
	s, err := e.def.codec.load(h.format, h.state)
	if err != nil {
		return state, 0, false, fmt.Errorf("state of %s: %w", snap.ID, err)
	}
	return *s.(*S), h.version, true, nil
}

// ID is the kernel's name of an instance, for packages that do not see the kernel.
type ID = durable.ID

// NewID names an entity whose definition is known only by its name, as it comes
// in over HTTP. The name may be of any case.
func NewID(name, key string) (durable.ID, error) {
	if err := checkName("entity name", name); err != nil {
		return durable.ID{}, err
	}
	if err := CheckKey(key); err != nil {
		return durable.ID{}, err
	}
	return durable.ID{Kind: Kind, Name: strings.ToLower(name), Key: key}, nil
}

// CheckKey refuses a text that cannot be the key of an entity: it must be valid
// UTF-8 of at most [durable.MaxIDChars] characters without control characters.
// It may be empty and hold anything else, / \ # ? @ included. The failure's
// code is bad_request.
func CheckKey(key string) error {
	n := utf8.RuneCountInString(key)
	switch {
	case !utf8.ValidString(key):
		return durable.Fail(durable.CodeBadRequest, fmt.Sprintf("entity key %q is not valid UTF-8", key))
	case n > durable.MaxIDChars:
		return durable.Fail(durable.CodeBadRequest, fmt.Sprintf("entity key has %d characters, more than %d", n, durable.MaxIDChars))
	case strings.ContainsFunc(key, unicode.IsControl):
		return durable.Fail(durable.CodeBadRequest, fmt.Sprintf("entity key %q has a control character", key))
	}
	return nil
}

// check keeps the first thing that is wrong with a definition.
func (d *definition) check(err error) {
	if d.err == nil && err != nil {
		d.err = err
	}
}

func checkName(what, name string) error {
	if err := durable.CheckName(what, name); err != nil {
		return &durable.Failure{Code: durable.CodeBadRequest, Message: err.Error()}
	}
	if n := len(name); n > MaxNameBytes {
		return durable.Fail(durable.CodeBadRequest, fmt.Sprintf("%s %q has %d bytes, more than %d", what, name, n, MaxNameBytes))
	}
	return nil
}
