package scenario

import (
	gojson "github.com/goccy/go-json"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
	"github.com/everturn/everturn/cmd/internal/bot"
)

// peek looks for what a seat may not know in a view of it. The caller holds mu.
func (p *player) peek(m *bot.Watched, view []byte) {
	if m.View.Over() {
		return // all is told at the end
	}
	switch p.table.game {
	case "rps":
		var v struct {
			Choices string `json:"choices"`
		}
		// '.' is no choice, or one that is hidden; '-' that there was none in time.
		if gojson.Unmarshal(view, &v) == nil && len(v.Choices) == 2 && v.Choices[1-p.seat] != '.' && v.Choices[1-p.seat] != '-' {
			p.fault(measure.Hidden, "event %d shows the other's choice: %s", m.Seq, v.Choices)
		}
	case "battleship":
		var v struct {
			Fleets [2][]*string `json:"fleets"`
			Last   any          `json:"last"`
		}
		if gojson.Unmarshal(view, &v) != nil || v.Last != nil {
			return // ships that are sunk may be shown
		}
		for _, ship := range v.Fleets[1-p.seat] {
			if ship != nil {
				p.fault(measure.Hidden, "event %d shows a ship of the other's before the first shot: %s", m.Seq, *ship)
			}
		}
	}
}
