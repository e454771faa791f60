package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/gateway"
	"github.com/everturn/everturn/web/wire"
)

const (
	defaultListed = 20
	// maxReads bounds the work for one page where a filter leaves little over:
	// the page is short then, and its cursor leads on.
	maxReads = 20
)

// listMatches is the lobby and the archive, newest first.
func (s *Server) listMatches(c echo.Context) error {
	q, err := s.readListing(c)
	if err != nil {
		return err
	}
	matches, cursor, err := s.list(q)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct {
		Matches []json.RawMessage `json:"matches"`
		Cursor  *string           `json:"cursor"` // null: there are no more
	}{s.listing(matches), cursor})
}

// readListing reads what is asked of a listing.
func (s *Server) readListing(c echo.Context) (game.Query, error) {
	in := api.ReadQuery(c)
	q := game.Query{State: game.State(in.Text("state")), Game: in.Text("game"), Player: in.Text("player"), Limit: defaultListed}
	if limit, given := in.Number("limit", 1, game.MaxListed); given {
		q.Limit = int(limit)
	}
	cursor := in.Text("cursor")
	if err := in.Done(); err != nil {
		return q, err
	}
	if q.State != "" && !wire.State(q.State).Known() {
		return q, api.Refuse(wire.CodeBadRequest, "The parameter state must be one of %v", wire.States())
	}
	if q.Game != "" {
		if _, err := s.desk.Games.Get(q.Game); err != nil {
			return q, err
		}
	}
	if q.Player != "" {
		if _, err := s.desk.Player(q.Player); err != nil {
			return q, err
		}
	}
	if cursor == "" {
		return q, nil
	}
	after, ok := parseCursor(cursor)
	if !ok {
		return q, api.Refuse(wire.CodeBadRequest, "The parameter cursor is not one that a listing gave")
	}
	q.After = after
	return q, nil
}

// list reads as many matches as are asked for, where there are so many, and the
// cursor behind them; nil if they are the last.
func (s *Server) list(q game.Query) (found []game.Listed, cursor *string, err error) {
	limit := q.Limit
	for range maxReads {
		page, after, err := s.desk.List(q)
		if err != nil {
			return nil, nil, err
		}
		if after == q.After {
			return found, nil, nil
		}
		q.After = after
		if found = append(found, page...); len(found) >= limit {
			found = found[:limit]
			last := found[limit-1]
			q.After = orchestrator.Cursor{Time: last.Created, ID: orchestrator.InstanceID(last.ID)}
			break
		}
	}
	text := formatCursor(q.After)
	return found, &text, nil
}

// listing is the matches' JSON, the same as by themselves, but for the number of
// the last event: a listing does not know it and says 0, which is before all.
func (s *Server) listing(matches []game.Listed) []json.RawMessage {
	list := make([]json.RawMessage, 0, len(matches))
	for i := range matches {
		m := &matches[i]
		list = append(list, gateway.MatchJSON(m.ID, m.Summary, 0, s.sockets.Watchers(m.ID)))
	}
	return list
}

// A cursor is opaque to clients: the time and the id of the last match given.
func formatCursor(c orchestrator.Cursor) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.Time, 10) + "." + c.ID.Key))
}

func parseCursor(text string) (orchestrator.Cursor, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) > 128 {
		return orchestrator.Cursor{}, false
	}
	at, id, ok := strings.Cut(string(raw), ".")
	time, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil || time < 0 || id == "" || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return orchestrator.Cursor{}, false
	}
	return orchestrator.Cursor{Time: time, ID: orchestrator.InstanceID(id)}, true
}
