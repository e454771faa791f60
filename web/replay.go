package web

import (
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// playedBack is the answer about a record that somebody brings.
type playedBack struct {
	Match     string        `json:"match,omitempty"` // as the record says
	Record    *game.Record  `json:"record"`
	Positions []game.ViewAt `json:"positions"`
}

// playBack plays a game by a record in the notation: all its positions, as a
// seat sees them. It reads and changes nothing of this server: the record may
// come from anywhere.
func (s *Server) playBack(c echo.Context) error {
	in := api.ReadQuery(c)
	seat, seated := in.Number("seat", wire.SeatWatcher, math.MaxInt32)
	reveal, _ := in.Number("reveal", 0, 1)
	if err := in.Done(); err != nil {
		return err
	}
	if !seated {
		seat = wire.SeatWatcher
	}
	if err := s.limits.newPlayback(s.now(), c.Request()); err != nil {
		return err
	}
	text, err := readText(c)
	if err != nil {
		return err
	}
	record, match, err := parseNotation(text)
	if err != nil {
		return err
	}
	positions, err := s.desk.Games.Playback(record, int(seat), reveal == 1)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, playedBack{Match: match, Record: record, Positions: positions})
}

// readText reads a body of text/plain in UTF-8. Errors are too_large, unsupported
// and bad_request.
func readText(c echo.Context) (string, error) {
	r := c.Request()
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, api.MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return "", err
	case err != nil:
		return "", api.Refuse(wire.CodeBadRequest, "The body could not be read to its end")
	}
	media, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if err != nil || media != "text/plain" || r.Header.Get(echo.HeaderContentEncoding) != "" {
		return "", api.Refuse(wire.CodeUnsupported, "The Content-Type must be text/plain, uncompressed")
	}
	if !utf8.Valid(body) {
		return "", api.Refuse(wire.CodeBadRequest, "The body is not valid UTF-8")
	}
	return string(body), nil
}
