// Package uuid has as much of the real one as the analyzer's tests need.
package uuid

func New() [16]byte { return [16]byte{} }

func Parse(s string) error { return nil }
