package web

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// showRecord gives a game of a match as the caller may know it: JSON, or a text
// for people where Accept would rather have that.
func (s *Server) showRecord(c echo.Context) error {
	in := api.ReadQuery(c)
	n, _ := in.Number("n", 1, math.MaxInt32)
	if err := in.Done(); err != nil {
		return err
	}
	viewer, err := s.viewer(c)
	if err != nil {
		return err
	}
	id, err := s.resolve(c)
	if err != nil {
		return err
	}
	if err := s.limits.playThrough(s.now(), c.Request()); err != nil {
		return err
	}
	record, err := s.desk.Record(id, viewer, int(n))
	if err != nil {
		return err
	}
	c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)
	accept := strings.Join(c.Request().Header.Values(echo.HeaderAccept), ",")
	if quality(accept, "text/plain") > quality(accept, echo.MIMEApplicationJSON) {
		return c.Blob(http.StatusOK, "text/plain; charset=utf-8", appendNotation(nil, id, &record))
	}
	return c.JSON(http.StatusOK, record)
}

// showPosition gives the view after an event.
func (s *Server) showPosition(c echo.Context) error {
	in := api.ReadQuery(c)
	seq, _ := in.Number("seq", 1, wire.MaxNumber)
	seat, seated := in.Number("seat", wire.SeatWatcher, math.MaxInt32)
	reveal, _ := in.Number("reveal", 0, 1)
	if err := in.Done(); err != nil {
		return err
	}
	viewer, err := s.viewer(c)
	if err != nil {
		return err
	}
	id, err := s.resolve(c)
	if err != nil {
		return err
	}
	var as *int
	if seated {
		at := int(seat)
		as = &at
	}
	if err := s.limits.playThrough(s.now(), c.Request()); err != nil {
		return err
	}
	view, err := s.desk.Position(id, viewer, uint64(seq), as, reveal == 1)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, view)
}

// quality is how much an Accept header wants a media type: 0 to 1. The most
// precise range counts (RFC 9110, 12.5.1).
func quality(accept, media string) float64 {
	group, _, _ := strings.Cut(media, "/")
	best, precision := 0.0, 0
	for part := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(part, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		p := 0
		switch name {
		case media:
			p = 3
		case group + "/*":
			p = 2
		case "*/*":
			p = 1
		}
		if p > precision {
			best, precision = qOf(params), p
		}
	}
	return best
}

// qOf is the parameter q, 1 where there is none; 0 for one that cannot be read.
func qOf(params string) float64 {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if strings.EqualFold(name, "q") {
			q, err := strconv.ParseFloat(value, 64)
			if err != nil || !(q >= 0 && q <= 1) {
				return 0
			}
			return q
		}
	}
	return 1
}
