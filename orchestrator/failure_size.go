package orchestrator

import "strings"

// Failures are stored in heads and histories, and wrapped on their way: one that
// is as large as a payload could make an instance that cannot be stored. What is
// cut says so.
const (
	maxFailure  = 64 << 10 // bytes, of the whole chain
	maxMessage  = 8 << 10  // of one link, where the whole is too large
	maxStack    = 16 << 10
	maxAllProps = 16 << 10
	maxTypeName = 256
)

// bounded is a failure that is small enough to be stored: most are as they are.
func bounded(f *Failure) *Failure {
	if failureBytes(f) <= maxFailure {
		return f
	}
	return cutTo(f, maxFailure)
}

func failureBytes(f *Failure) (n int) {
	for ; f != nil; f = f.Cause {
		n += linkBytes(f)
	}
	return n
}

func linkBytes(f *Failure) int {
	return 16 + len(f.Code) + len(f.Type) + len(f.Message) + len(f.Stack) + propBytes(f)
}

func propBytes(f *Failure) (n int) {
	for k, v := range f.Props {
		n += 8 + len(k) + len(v)
	}
	return n
}

// cutTo copies as much of a chain as there is room for.
func cutTo(f *Failure, room int) *Failure {
	if f == nil {
		return nil
	}
	g := *f
	g.Code = Code(shorten(string(f.Code), maxTypeName))
	g.Type = shorten(f.Type, maxTypeName)
	g.Message = shorten(f.Message, maxMessage)
	g.Stack = shorten(f.Stack, maxStack)
	if propBytes(f) > maxAllProps {
		g.Props = nil
	}
	room -= linkBytes(&g)
	if room < 0 {
		return nil
	}
	g.Cause = cutTo(f.Cause, room)
	return &g
}

func shorten(s string, most int) string {
	const mark = " … (cut)"
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len(mark)], "") + mark
}
