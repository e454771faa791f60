package connect4_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/connect4"
)

func botMove(t testing.TB, pos game.Position, strength game.Strength, seed byte) string {
	t.Helper()
	seat := pos.Actors()[0]
	move, err := connect4.Rules{}.Bot(game.ViewJSON(pos, seat), seat, strength, game.Seed{seed})
	if err != nil {
		t.Fatal(err)
	}
	return move
}

// Positions made for one thing that a good player must see. Every column in
// want is as good as the others.
func TestBotSees(t *testing.T) {
	for _, test := range []struct{ name, moves, want string }{
		{"win across", "112233", "4"},
		{"win up", "717172", "7"},
		{"win slanting", "1223343447", "4"},
		{"block across", "11223", "4"},
		{"block up", "71717", "7"},
		{"win rather than block", "717273", "7"},
		{"win in two", "3344", "25"},  // then there are two places to complete four
		{"block in two", "443", "25"}, // or the other plays there
	} {
		t.Run(test.name, func(t *testing.T) {
			pos := mustPlay(t, begin(t), test.moves)
			for _, strength := range []game.Strength{game.Medium, game.Strongest} {
				for seed := range byte(5) {
					if got := botMove(t, pos, strength, seed); !strings.Contains(test.want, got) {
						t.Errorf("strength %d plays %s, want one of %s", strength, got, test.want)
					}
				}
			}
		})
	}
}

// forces says whether the seat to move wins within so many of its own moves,
// whatever the other does: found by nothing but the rules.
func forces(t testing.TB, pos game.Position, own int) bool {
	return len(forcing(t, pos, own)) > 0
}

// forcing are the moves with which it does.
func forcing(t testing.TB, pos game.Position, own int) (moves []string) {
	if pos.Result() != nil || own == 0 {
		return nil
	}
	for _, move := range pos.Moves(pos.Actors()[0]) {
		if after := mustPlay(t, pos, move); wonBy(after, pos.Actors()[0]) || answersAllLose(t, after, own-1) {
			moves = append(moves, move)
		}
	}
	return moves
}

func wonBy(pos game.Position, seat int) bool {
	result := pos.Result()
	return result != nil && slices.Contains(result.Winners, seat)
}

// answersAllLose: whatever the seat to move does, the other wins within so
// many of its moves.
func answersAllLose(t testing.TB, pos game.Position, own int) bool {
	if pos.Result() != nil || own == 0 {
		return false
	}
	for _, answer := range pos.Moves(pos.Actors()[0]) {
		if !forces(t, mustPlay(t, pos, answer), own) {
			return false
		}
	}
	return true
}

// In random positions the strongest and the medium bot never miss a win in
// one or two moves, and never allow the opponent one that could be prevented.
func TestBotNeverMissesAWinOrBlockInTwo(t *testing.T) {
	const wanted = 25
	random := rand.New(rand.NewPCG(4, 7))
	wins, blocks := 0, 0
	for wins < wanted || blocks < wanted {
		pos := randomPosition(t, random)
		if pos.Result() != nil {
			continue
		}
		var good []string
		kind := &wins
		for own := 1; own <= 2 && good == nil; own++ {
			good = forcing(t, pos, own)
		}
		if good == nil {
			kind = &blocks
			good = preventing(t, pos)
		}
		if good == nil || len(good) == len(pos.Moves(pos.Actors()[0])) || *kind >= wanted {
			continue // nothing to miss, or enough of these
		}
		*kind++
		for _, strength := range []game.Strength{game.Medium, game.Strongest} {
			if got := botMove(t, pos, strength, byte(wins+blocks)); !slices.Contains(good, got) {
				t.Errorf("strength %d plays %s at %s, want one of %v", strength, got, pos.Save(), good)
			}
		}
	}
}

// preventing are the moves after which the opponent does not win within two
// of its moves, by force.
func preventing(t testing.TB, pos game.Position) (moves []string) {
	for _, move := range pos.Moves(pos.Actors()[0]) {
		if !forces(t, mustPlay(t, pos, move), 2) {
			moves = append(moves, move)
		}
	}
	return moves
}

func randomPosition(t testing.TB, random *rand.Rand) game.Position {
	pos := begin(t)
	for range 4 + random.IntN(24) {
		if pos.Result() != nil {
			break
		}
		moves := pos.Moves(pos.Actors()[0])
		pos = mustPlay(t, pos, moves[random.IntN(len(moves))])
	}
	return pos
}

// A stronger bot beats a weaker one clearly, whoever begins.
func TestStrongerWins(t *testing.T) {
	for _, pair := range [][2]game.Strength{{game.Medium, game.Weakest}, {game.Strongest, game.Medium}} {
		points := 0.0
		const games = 6
		for n := range games {
			stronger := n % 2
			pos := begin(t)
			for pos.Result() == nil {
				strength := pair[1]
				if pos.Actors()[0] == stronger {
					strength = pair[0]
				}
				pos = mustPlay(t, pos, botMove(t, pos, strength, byte(n)))
			}
			switch {
			case wonBy(pos, stronger):
				points++
			case pos.Result().Kind == game.Draw:
				points += 0.5
			}
		}
		if points < 4.5 {
			t.Errorf("strength %d scored %.1f of %d against %d", pair[0], points, games, pair[1])
		}
	}
}

func BenchmarkBot(b *testing.B) {
	for _, moves := range []string{"", "4433", "44353621"} {
		b.Run("after="+moves, func(b *testing.B) {
			pos := mustPlay(b, begin(b), moves)
			for b.Loop() {
				botMove(b, pos, game.Strongest, 1)
			}
		})
	}
}
