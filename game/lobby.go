package game

import (
	"encoding/json"

	"github.com/everturn/everturn/orchestrator"
)

// The lobby and the archive are listings: every match that is not private puts
// its own rows there, so that nothing that many matches touch is one big state.

// lobbyRow is what a listing shows of a match without reading it.
type lobbyRow struct {
	Game   string     `json:"game"`
	Code   string     `json:"code"`
	Seats  []Seat     `json:"seats"`
	Clock  *ClockSpec `json:"clock,omitempty"`
	Rated  bool       `json:"rated,omitempty"`
	State  State      `json:"state"`
	Result *Result    `json:"result,omitempty"`
}

func stateListing(s State) string             { return "m/state/" + string(s) }
func gameListing(game string, s State) string { return "m/game/" + game + "/" + string(s) }
func playerListing(player string) string      { return "m/player/" + player }

// listings are the rows of a match: by state, by game and state, and by player.
func listings(s *Summary) []orchestrator.Index {
	data, err := json.Marshal(lobbyRow{s.Game, s.Code, s.Seats, s.Clock, s.Rated, s.State, s.Result})
	if err != nil || len(data) > 1<<10 {
		data = nil // the listing reads the match instead
	}
	rows := []orchestrator.Index{
		{Name: stateListing(s.State), Time: s.Created, Data: data},
		{Name: gameListing(s.Game, s.State), Time: s.Created, Data: data},
	}
	for _, seat := range s.Seats {
		if seat.Player != "" {
			rows = append(rows, orchestrator.Index{Name: playerListing(seat.Player), Time: s.Created, Data: data})
		}
	}
	return rows
}
