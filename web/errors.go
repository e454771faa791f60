package web

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

// problem is an error as a client gets it: application/problem+json (RFC 9457).
// Every error of a handler becomes one in problemOf, and nowhere else.
type problem struct {
	status int
	code   wire.Code
	detail string
	retry  time.Duration // for Retry-After
	allow  string        // for Allow, with status 405
	cause  error         // for the log only
}

// Error is the sentence for people.
func (p *problem) Error() string { return p.detail }

// Unwrap is what the client is not told.
func (p *problem) Unwrap() error { return p.cause }

// refuse makes the problem of a code, with a sentence that says what is wrong.
func refuse(code wire.Code, format string, args ...any) *problem {
	return &problem{status: code.Status(), code: code, detail: fmt.Sprintf(format, args...)}
}

// sayNo is the problem of a code in the code's own words.
func sayNo(code wire.Code, cause error) *problem {
	return &problem{status: code.Status(), code: code, detail: code.Sentence(), cause: cause}
}

// panicked is the error of a handler that panicked.
type panicked struct {
	value any
	stack []byte
}

// Error is the value that was thrown.
func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// problemOf is the one place that maps errors outward. A Refusal was written for
// players, so its sentence is told; what a Failure or any other error says was
// written for operators, so it is logged, and the client gets its code's own
// sentence.
func problemOf(err error) *problem {
	var (
		told     *problem
		refusal  *game.Refusal
		failure  *orchestrator.Failure
		tooLarge *http.MaxBytesError
		routing  *echo.HTTPError
	)
	switch {
	case errors.As(err, &told):
		return told
	case errors.As(err, &refusal) && wire.Code(refusal.Code).Known():
		return &problem{status: wire.Code(refusal.Code).Status(), code: wire.Code(refusal.Code), detail: refusal.Message}
	case errors.As(err, &failure):
		return sayNo(codeOfFailure(failure.Code), err)
	case errors.As(err, &tooLarge):
		return refuse(wire.CodeTooLarge, "The body has more than %d bytes", tooLarge.Limit)
	case errors.As(err, &routing):
		return problemOfStatus(routing.Code, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, orchestrator.ErrClosed):
		return sayNo(wire.CodeUnavailable, err)
	default:
		return sayNo(wire.CodeInternal, err)
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
func problemOfStatus(status int, cause error) *problem {
	for _, code := range wire.Codes() {
		if code.Status() == status {
			return sayNo(code, cause)
		}
	}
	code := wire.CodeBadRequest
	if status >= http.StatusInternalServerError || status < http.StatusBadRequest {
		code, status = wire.CodeInternal, http.StatusInternalServerError
	}
	return &problem{status: status, code: code, detail: http.StatusText(status), cause: cause}
}

// write answers with the problem.
func (p *problem) write(w http.ResponseWriter) error {
	body, err := json.Marshal(struct {
		Type   string    `json:"type"`
		Title  string    `json:"title"`
		Status int       `json:"status"`
		Code   wire.Code `json:"code"`
		Detail string    `json:"detail"`
	}{"about:blank", http.StatusText(p.status), p.status, p.code, p.detail})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set(echo.HeaderContentType, "application/problem+json")
	h.Set(echo.HeaderCacheControl, noStore)
	if p.code.RetryAfter() {
		h.Set(echo.HeaderRetryAfter, strconv.Itoa(max(1, int(math.Ceil(p.retry.Seconds())))))
	}
	if p.allow != "" {
		h.Set(echo.HeaderAllow, p.allow)
	}
	if p.status == http.StatusUnauthorized {
		h.Set(echo.HeaderWWWAuthenticate, "Bearer")
	}
	w.WriteHeader(p.status)
	_, err = w.Write(body)
	return err
}
