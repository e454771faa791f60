package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/wire"
)

// NoStore is for all that is not a file: answers belong to whoever asked.
const NoStore = "no-store"

// Problem is an error as a client gets it: application/problem+json (RFC 9457).
// Every error of a handler becomes one in ProblemOf, and nowhere else.
type Problem struct {
	Status int
	Code   wire.Code
	Detail string
	Retry  time.Duration // for Retry-After
	Allow  string        // for Allow, with status 405
	Cause  error         // for the log only
}

// Error is the sentence for people.
func (p *Problem) Error() string { return p.Detail }

// Unwrap is what the client is not told.
func (p *Problem) Unwrap() error { return p.Cause }

// Refuse makes the problem of a code, with a sentence that says what is wrong.
func Refuse(code wire.Code, format string, args ...any) *Problem {
	return &Problem{Status: code.Status(), Code: code, Detail: fmt.Sprintf(format, args...)}
}

// SayNo is the problem of a code in the code's own words.
func SayNo(code wire.Code, cause error) *Problem {
	return &Problem{Status: code.Status(), Code: code, Detail: code.Sentence(), Cause: cause}
}

// Panicked is the error of a handler that panicked.
type Panicked struct {
	Value any
	Stack []byte
}

// Error is the value that was thrown.
func (p *Panicked) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// ProblemOf is the one place that maps errors outward. A Refusal was written for
// players, so its sentence is told; what a Failure or any other error says was
// written for operators, so it is logged, and the client gets its code's own
// sentence.
func ProblemOf(err error) *Problem {
	var (
		told     *Problem
		refusal  *game.Refusal
		failure  *orchestrator.Failure
		tooLarge *http.MaxBytesError
		routing  *echo.HTTPError
	)
	switch {
	case errors.As(err, &told):
		return told
	case errors.As(err, &refusal) && wire.Code(refusal.Code).Known():
		return &Problem{Status: wire.Code(refusal.Code).Status(), Code: wire.Code(refusal.Code), Detail: refusal.Message}
	case errors.As(err, &failure):
		return SayNo(codeOfFailure(failure.Code), err)
	case errors.As(err, &tooLarge):
		return Refuse(wire.CodeTooLarge, "The body has more than %d bytes", tooLarge.Limit)
	case errors.As(err, &routing):
		return problemOfStatus(routing.Code, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, orchestrator.ErrClosed):
		return SayNo(wire.CodeUnavailable, err)
	default:
		return SayNo(wire.CodeInternal, err)
	}
}

// codeOfFailure is the wire's code for one of the engine's. What the wire does
// not know is a bug.
func codeOfFailure(code orchestrator.Code) wire.Code {
	switch code {
	case orchestrator.CodeUnsure, orchestrator.CodeTimeout: // asking again finds out
		return wire.CodeUnavailable
	case orchestrator.CodeEnded:
		return wire.CodeGameOver
	}
	if c := wire.Code(code); c.Known() {
		return c
	}
	return wire.CodeInternal
}

// problemOfStatus is for errors of the router that have only a status: the first
// code of the wire with it, else bad_request or internal.
func problemOfStatus(status int, cause error) *Problem {
	for _, code := range wire.Codes() {
		if code.Status() == status {
			return SayNo(code, cause)
		}
	}
	code := wire.CodeBadRequest
	if status >= http.StatusInternalServerError || status < http.StatusBadRequest {
		code, status = wire.CodeInternal, http.StatusInternalServerError
	}
	return &Problem{Status: status, Code: code, Detail: http.StatusText(status), Cause: cause}
}

// ForOperators is an error as those are told it who manage the server: in the
// engine's own words.
func ForOperators(err error) error {
	var f *orchestrator.Failure
	if !errors.As(err, &f) {
		return err
	}
	code := wire.Code(f.Code)
	switch {
	case f.Code == orchestrator.CodeEnded:
		code = wire.CodeGone
	case f.Code == orchestrator.CodeFailed: // an operation's own error
		code = wire.CodeBadRequest
	case !code.Known():
		return err
	}
	p := Refuse(code, "%s", f.Message)
	p.Cause = err
	return p
}

// Write answers with the problem.
func (p *Problem) Write(w http.ResponseWriter) error {
	body, err := json.Marshal(struct {
		Type   string    `json:"type"`
		Title  string    `json:"title"`
		Status int       `json:"status"`
		Code   wire.Code `json:"code"`
		Detail string    `json:"detail"`
	}{"about:blank", http.StatusText(p.Status), p.Status, p.Code, p.Detail})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set(echo.HeaderContentType, "application/problem+json")
	h.Set(echo.HeaderCacheControl, NoStore)
	if p.Code.RetryAfter() {
		h.Set(echo.HeaderRetryAfter, strconv.Itoa(max(1, int(math.Ceil(p.Retry.Seconds())))))
	}
	if p.Allow != "" {
		h.Set(echo.HeaderAllow, p.Allow)
	}
	if p.Status == http.StatusUnauthorized {
		h.Set(echo.HeaderWWWAuthenticate, "Bearer")
	}
	w.WriteHeader(p.Status)
	_, err = w.Write(body)
	return err
}
