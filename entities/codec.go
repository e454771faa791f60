package entities

import (
	"encoding/json"
	"fmt"
)

// StateCodec is implemented by *S where an entity is so hot that JSON is too
// slow or too large for it. Both methods depend on the state and their argument
// alone, and LoadState must accept whatever AppendState ever wrote. A state that
// was stored as JSON before is still read as JSON, and stored by the codec from
// its next change on.
//
// The names are no standard ones on purpose: a method that an embedded field
// lends to its struct must not take over the encoding of the whole.
type StateCodec interface {
	// AppendState appends the encoded state to b.
	AppendState(b []byte) ([]byte, error)
	// LoadState replaces the state by the one encoded in b, which it must not
	// keep.
	LoadState(b []byte) error
}

// Formats of a stored state.
const (
	formatJSON   = 0
	formatCustom = 1 // the entity's StateCodec
)

// stateCodec turns a *S into bytes and back.
type stateCodec struct {
	format byte
	save   func(state any) ([]byte, error) // never a slice that was given out before
	load   func(format byte, b []byte) (any, error)
}

func codecFor[S any]() stateCodec {
	c := stateCodec{format: formatJSON, save: json.Marshal, load: loadState[S]}
	if _, ok := any(new(S)).(StateCodec); ok {
		c.format = formatCustom
		c.save = func(state any) ([]byte, error) { return state.(StateCodec).AppendState(nil) }
	}
	return c
}

func loadState[S any](format byte, b []byte) (any, error) {
	s := new(S)
	if format == formatJSON {
		return s, json.Unmarshal(b, s)
	}
	c, ok := any(s).(StateCodec)
	if !ok {
		return nil, fmt.Errorf("stored in format %d, and %T has no StateCodec", format, s)
	}
	return s, c.LoadState(b)
}
