package web

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"

	"github.com/everturn/everturn/web/api"
)

// observe is around everything else: whatever comes of a request is answered
// here, counted, and logged in one line. The line has the route and not the
// address, whose ids and codes are keys; and no header, where the tokens are.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		id := requestID()
		w := c.Response()
		w.Header().Set(echo.HeaderXRequestID, id)
		failed := caught(next, c)
		if failed != nil && !w.Committed {
			if err := api.ProblemOf(failed).Write(w); err != nil {
				failed = errors.Join(failed, err)
			}
		}
		status := w.Status
		if !w.Committed { // taken over, as a socket
			status = http.StatusSwitchingProtocols
		}
		took := time.Since(began)
		s.metrics.count(c.Request().Method, c.Path(), status, took)
		s.log(status, failed).
			Str("request", id).Str("method", c.Request().Method).Str("route", c.Path()).
			Int("status", status).Int64("bytes", w.Size).Dur("took", took).Msg("request")
		return nil
	}
}

// log begins the line of a request: debug, or info where we failed.
func (s *Server) log(status int, failed error) *zerolog.Event {
	if status < http.StatusInternalServerError {
		return s.logger.Debug()
	}
	line := s.logger.Info()
	var p *api.Panicked
	if errors.As(failed, &p) {
		line = s.logger.Error().Bytes("stack", p.Stack)
	}
	if cause := errors.Unwrap(api.ProblemOf(failed)); cause != nil {
		failed = cause
	}
	return line.Err(failed)
}

// caught calls a handler and makes an error of its panic.
func caught(next echo.HandlerFunc, c echo.Context) (err error) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler: // the very value, by net/http's contract
			panic(v)
		default:
			err = &api.Panicked{Value: v, Stack: debug.Stack()}
		}
	}()
	return next(c)
}

func requestID() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
