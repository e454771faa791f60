package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxWait is the longest that a request waits for something to happen, well
// within what proxies and AnswerWithin let it.
const MaxWait = 20 * time.Second

// PreferredWait is how long the caller would wait for the answer to be another,
// at most MaxWait: "Prefer: wait=20" (RFC 7240). A preference is not an order,
// so what is malformed is as if it were not there.
func PreferredWait(h http.Header) (wait time.Duration, given bool) {
	for _, preference := range strings.Split(strings.Join(h.Values("Prefer"), ","), ",") {
		preference, _, _ = strings.Cut(preference, ";") // of parameters it has none
		name, value, _ := strings.Cut(preference, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "wait") {
			continue
		}
		seconds, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(value), `"`), 10, 31)
		return min(time.Duration(seconds)*time.Second, MaxWait), err == nil // the first counts
	}
	return 0, false
}

type stopKey struct{}

// WithStop puts into the context of a request what is done when the server
// stops.
func WithStop(ctx, stopping context.Context) context.Context {
	return context.WithValue(ctx, stopKey{}, stopping)
}

// UntilStop is for handlers that wait for something to happen: the context ends
// with the request, and when the server stops. Others finish.
func UntilStop(ctx context.Context) (context.Context, context.CancelFunc) {
	until, cancel := context.WithCancel(ctx)
	stopping, ok := ctx.Value(stopKey{}).(context.Context)
	if !ok {
		return until, cancel
	}
	forget := context.AfterFunc(stopping, cancel)
	return until, func() { forget(); cancel() }
}
