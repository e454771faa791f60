package orchestrator

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Failure is an error that is stored and sent: see [durable.Failure].
type Failure = durable.Failure

// Code says in one word why something failed: see [durable.Code].
type Code = durable.Code

// The codes of this package, beside the kernel's.
const (
	// CodeFailed is an author's own error that says nothing else.
	CodeFailed Code = "failed"
	// CodeCanceled is the result of a future that was cancelled.
	CodeCanceled Code = "canceled"
	// CodeTerminated is the outcome of an instance that was terminated.
	CodeTerminated Code = "terminated"
)

// The kernel's codes, for packages that do not see the kernel.
const (
	CodeNotFound    = durable.CodeNotFound
	CodeGone        = durable.CodeGone
	CodeEnded       = durable.CodeEnded
	CodeConflict    = durable.CodeConflict
	CodeBusy        = durable.CodeBusy
	CodeUnavailable = durable.CodeUnavailable
	CodeTooLarge    = durable.CodeTooLarge
	CodeTimeout     = durable.CodeTimeout
	CodeInternal    = durable.CodeInternal
	CodeUnsure      = durable.CodeUnsure
	CodeBadRequest  = durable.CodeBadRequest
)

const (
	typeNotRegistered = "not_registered"
	propPermanent     = "permanent"
	maxCauses         = 16 // of one failure; longer chains are cut
)

// ErrUnwinding is what waiting gives while an orchestration's coroutine is
// taken down (evicted, terminated): defers may see it, and it is not stored.
var ErrUnwinding error = Fail(CodeCanceled, "the orchestration is being taken down")

// Fail makes a failure of a code and a message, for refusals and results.
func Fail(code Code, message string) *Failure { return durable.Fail(code, message) }

// Permanent marks an error as one that no retry will mend.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	f := *ToFailure(err)
	f.Props = maps.Clone(f.Props)
	if f.Props == nil {
		f.Props = map[string]string{}
	}
	f.Props[propPermanent] = "true"
	return &f
}

// IsPermanent says whether a retry cannot help: the error was marked by
// [Permanent], names something that is not registered, or is [ErrCanceled].
func IsPermanent(err error) bool {
	for f := ToFailure(err); f != nil; f = f.Cause {
		if f.Type == typeNotRegistered || f.Type == typeCanceled || f.Props[propPermanent] == "true" {
			return true
		}
	}
	return false
}

// IsNotRegistered says whether an orchestration, a version of it or an activity
// is not registered here.
func IsNotRegistered(err error) bool {
	for f := ToFailure(err); f != nil; f = f.Cause {
		if f.Type == typeNotRegistered {
			return true
		}
	}
	return false
}

func notRegistered(what, name string) *Failure {
	return &Failure{Code: CodeBadRequest, Type: typeNotRegistered, Message: fmt.Sprintf("%s %q is not registered", what, name)}
}

// ToFailure makes an error storable. A *Failure stays what it is. Any other
// error becomes one that keeps the error's Go type (where it has one of its
// own, or what its method FailureType() string gives), its text, its chain of
// causes, and its properties, if it has a method FailureProps()
// map[string]string. [FailureAs] is the way back. Of one that is larger than
// 64 KiB with all its causes, messages and stacks are cut.
func ToFailure(err error) *Failure { return bounded(toFailure(err, 0)) }

func toFailure(err error, depth int) *Failure {
	if err == nil || depth == maxCauses {
		return nil
	}
	if f, ok := err.(*Failure); ok { //nolint:errorlint // the chain is walked one link at a time
		return f
	}
	f := &Failure{Code: CodeFailed, Type: typeName(err), Message: err.Error()}
	if p, ok := err.(interface{ FailureProps() map[string]string }); ok {
		f.Props = p.FailureProps()
	}
	if f.Cause = toFailure(cause(err), depth+1); f.Cause != nil {
		f.Code = f.Cause.Code
	}
	return f
}

// cause is the next error of a chain: of a joined error the first.
func cause(err error) error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		if es := many.Unwrap(); len(es) > 0 {
			return es[0]
		}
		return nil
	}
	return errors.Unwrap(err)
}

// typeName is the error's type as authors know it, empty for the standard
// library's nameless ones.
func typeName(err error) string {
	t := strings.TrimPrefix(typeOf(err), "*")
	switch t {
	case "errors.errorString", "errors.joinError", "fmt.wrapError", "fmt.wrapErrors":
		return ""
	}
	return t
}
