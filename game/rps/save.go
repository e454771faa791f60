package rps

import (
	"fmt"
	"strings"

	"github.com/everturn/everturn/game"
)

// Save implements game.Position: what the game is the best of, the rounds
// played, and the choices of the running one.
func (p position) Save() []byte {
	dst := fmt.Appendf(make([]byte, 0, 8+2*len(p.played)), "%d/", p.bestOf)
	for _, r := range p.played {
		dst = append(dst, r[:]...)
	}
	dst = append(dst, '/')
	return append(dst, p.running[:]...)
}

// Load implements game.Rules.
func (Rules) Load(data []byte) (game.Position, error) {
	bestOf, rest, _ := strings.Cut(string(data), "/")
	played, running, _ := strings.Cut(rest, "/")
	p := position{running: open}
	// Writing it again and comparing refuses signs, spaces and odd letters.
	if _, err := fmt.Sscanf(bestOf, "%d", &p.bestOf); err != nil || p.bestOf < 1 || p.bestOf > 21 || p.bestOf%2 == 0 {
		return nil, notSaved(data)
	}
	if len(running) != 2 || len(played)%2 != 0 || strings.Trim(played, letters+"-") != "" {
		return nil, notSaved(data)
	}
	for i := 0; i < len(played); i += 2 {
		if p.Result() != nil { // a round after the end
			return nil, notSaved(data)
		}
		p.played = append(p.played, round{played[i], played[i+1]})
	}
	p.running = round{running[0], running[1]}
	if !p.possible() || string(p.Save()) != string(data) {
		return nil, notSaved(data)
	}
	return p, nil
}

func notSaved(data []byte) error {
	return fmt.Errorf("rps: load %.80q: not a saved position", data)
}

// possible: of the running round there is one choice at most, and none after
// the end.
func (p position) possible() bool {
	if p.Result() != nil || p.running == open {
		return p.running == open
	}
	return !p.running.complete() && strings.Trim(string(p.running[:]), letters+"-.") == ""
}
