package orchestrator

import (
	"encoding/json"
	"fmt"
)

// Arguments, results and events are JSON. These functions are the only ones
// that know it.

// Raw is a value that is already encoded: it passes through as it is.
type Raw = json.RawMessage

// none is a type for orchestrations and activities without input or output.
type none = struct{}

// None is the input or output of what has none.
type None = none

// JSONAppender is what a type may be (its pointer, that is) whose values are
// encoded often: it appends its own JSON to dst, which must be what
// [encoding/json] would read back as the same value.
type JSONAppender interface {
	AppendJSON(dst []byte) ([]byte, error)
}

// JSONReader is what a type may be (its pointer) whose values are decoded
// often: it reads any JSON of its own into a zero value, as [encoding/json]
// would, and keeps nothing of the bytes.
type JSONReader interface {
	ReadJSON(b []byte) error
}

func encode[T any](what string, v T, limit int) ([]byte, *Failure) {
	if raw, ok := any(v).(Raw); ok && raw != nil {
		return checkSize(what, raw, limit)
	}
	if _, ok := any(v).(none); ok {
		return nil, nil
	}
	b, err := marshal(v)
	if err != nil {
		return nil, Fail(CodeBadRequest, fmt.Sprintf("%s cannot be encoded: %v", what, err))
	}
	return checkSize(what, b, limit)
}

func marshal[T any](v T) ([]byte, error) {
	if _, ok := any((*T)(nil)).(JSONAppender); ok {
		p := new(T) // not &v, which would put the values of all types on the heap
		*p = v
		return any(p).(JSONAppender).AppendJSON(make([]byte, 0, 48))
	}
	return json.Marshal(v)
}

func unmarshal[T any](b []byte, v *T) error {
	if r, ok := any(v).(JSONReader); ok {
		return r.ReadJSON(b)
	}
	return json.Unmarshal(b, v)
}

func checkSize(what string, b []byte, limit int) ([]byte, *Failure) {
	if len(b) > limit {
		return nil, Fail(CodeTooLarge, fmt.Sprintf("%s has %d bytes, more than %d", what, len(b), limit))
	}
	return b, nil
}

// decode reads what encode wrote. No bytes at all are the zero value.
func decode[T any](what string, b []byte) (T, error) {
	var v T
	err := decodeInto(what, b, &v)
	return v, err
}

// decodeInto is decode into a zero value, which it leaves as that when it fails.
func decodeInto[T any](what string, b []byte, v *T) error {
	if len(b) == 0 {
		return nil
	}
	if p, ok := any(v).(*Raw); ok {
		*p = b
		return nil
	}
	if err := unmarshal(b, v); err != nil {
		var zero T
		*v = zero
		return Fail(CodeBadRequest, fmt.Sprintf("%s is not a %T: %v", what, zero, err))
	}
	return nil
}
