package dungeon

import (
	"strings"

	"github.com/everturn/everturn/game"
)

// A move's words.
const (
	takeWord = "take "
	killWord = "kill "
	withWord = " with "
)

func takes(it item) string { return takeWord + it.Name }

func kills(m *monster, it *item) string { return killWord + m.Name + withWord + it.Name }

// Moves implements game.Position: the blow first, then what can be taken. When
// the last monster is slain only the treasure counts, so that the game ends.
func (p *position) Moves(seat int) []string {
	if game.CheckTurn(p.Actors(), seat) != nil {
		return nil
	}
	if p.gathers() {
		return []string{commit}
	}
	var moves []string
	if p.monster != nil && p.heroes[seat].Holds != nil {
		moves = append(moves, kills(p.monster, p.heroes[seat].Holds))
	}
	for _, it := range p.room.Items {
		if p.monster != nil || it.Kind == treasure {
			moves = append(moves, takes(it))
		}
	}
	return moves
}

// whyNot says what is wrong with a move that is not among a hero's.
func (p *position) whyNot(seat int, move string) string {
	name, isTake := strings.CutPrefix(move, takeWord)
	target, isKill := strings.CutPrefix(move, killWord)
	target, _, isWith := strings.Cut(target, withWord)
	holds := p.heroes[seat].Holds
	switch {
	case p.gathers():
		return "First commit to going down"
	case move == commit:
		return "You have committed already"
	case p.monster == nil && (isTake || isKill):
		return "The way is free: take the treasure"
	case isTake && holds != nil && holds.Name == name:
		return "You hold the " + name + " already"
	case isTake:
		return "There is nothing of that name in this room"
	case isKill && isWith && target != p.monster.Name:
		return "There is no such monster here, only the " + p.monster.Name
	case isKill && isWith && holds == nil:
		return "You hold no weapon; take one first"
	case isKill && isWith:
		return "You hold the " + holds.Name + ", nothing else"
	}
	return "A move is take <item>, or kill <monster> with <item>"
}
