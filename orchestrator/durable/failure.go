package durable

import "errors"

// Code says in one word, for machines, why something failed.
type Code string

// The codes that the kernel itself gives. Behaviors may use others.
const (
	CodeNotFound    Code = "not_found"   // there is no such instance
	CodeGone        Code = "gone"        // the instance has ended
	CodeEnded       Code = "ended"       // it ended before it answered
	CodeConflict    Code = "conflict"    // it exists already, or the request id was used for something else
	CodeBusy        Code = "busy"        // too much is waiting: try again
	CodeUnavailable Code = "unavailable" // quarantined, recovering, no disk space: try again later
	CodeTooLarge    Code = "too_large"   // over a limit that the message names
	CodeTimeout     Code = "timeout"     // a deadline passed
	CodeInternal    Code = "internal"    // a panic, or a bug
	CodeUnsure      Code = "unsure"      // a commit was cut short: it may have happened; ask again with the same request id
	CodeBadRequest  Code = "bad_request" // malformed, or of the wrong type
)

// Failure is an error that can be stored and sent: it keeps its type, message,
// cause chain and properties from an activity through children, requests and
// calls (BEHAVIOURS.md, D14). A nil *Failure is success. Failures are values:
// nobody changes one after making it.
type Failure struct {
	Code    Code
	Type    string // the author's error type, for callers that tell errors apart
	Message string
	Stack   string // of a panic; for logs and the inspector, never for players
	Props   map[string]string
	Cause   *Failure
}

// Fail makes a failure of a code and a message.
func Fail(code Code, message string) *Failure { return &Failure{Code: code, Message: message} }

// Error is the message, with the code in front where there is no message.
func (f *Failure) Error() string {
	if f.Message == "" {
		return string(f.Code)
	}
	return f.Message
}

// Unwrap gives the cause, so that errors.Is and errors.As see the whole chain.
func (f *Failure) Unwrap() error {
	if f.Cause == nil {
		return nil
	}
	return f.Cause
}

// Is matches failures of the same code and, where the target names one, type.
func (f *Failure) Is(target error) bool {
	t, ok := target.(*Failure)
	return ok && t.Code == f.Code && (t.Type == "" || t.Type == f.Type) && (t.Message == "" || t.Message == f.Message)
}

// AsFailure turns any error into a failure: the one inside it where there is
// one, else an internal one with the error's text.
func AsFailure(err error) *Failure {
	if err == nil {
		return nil
	}
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Code: CodeInternal, Message: err.Error()}
}
