package battleship_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/battleship"
)

func botMove(t testing.TB, pos game.Position, seat int, strength game.Strength, seed game.Seed) string {
	t.Helper()
	move, err := battleship.Rules{}.Bot(game.ViewJSON(pos, seat), seat, strength, seed)
	if err != nil {
		t.Fatal(err)
	}
	return move
}

// shotsToWin is how many shots a bot needs on average for a random fleet.
func shotsToWin(t *testing.T, strength game.Strength) int {
	const games = 60
	shots := 0
	for n := range games {
		seed := game.Seed{byte(n), byte(strength)}
		pos := mustPlay(t, begin(t, "", seed), inRows, "fleet:random")
		for i := 0; pos.Result() == nil; i++ {
			pos = mustPlay(t, pos, botMove(t, pos, 0, strength, seed.Derive("shot", i)))
			shots++
			if pos.Result() == nil {
				pos = mustPlay(t, pos, cells()[99-i]) // from the bottom, so that a1 is the last to be hit
			}
		}
	}
	return shots / games
}

// Shooting by lot alone needs 95 shots on average, and 17 are the fewest.
func TestStrengths(t *testing.T) {
	for strength, most := range map[game.Strength]int{game.Weakest: 85, game.Medium: 58, game.Strongest: 48} {
		got := shotsToWin(t, strength)
		t.Logf("strength %d needs %d shots", strength, got)
		if got > most {
			t.Errorf("strength %d needs %d shots, want %d at most", strength, got, most)
		}
	}
}

// TestBotSees: what a good player must see, from the shots of seat 0 alone.
func TestBotSees(t *testing.T) {
	for _, test := range []struct{ name, fleet, shots, want string }{
		{"beside a wound", "fleet:a1v,c1v,e1v,g1v,e5h", "e5", "d5 f5 e4 e6"},
		{"in line with two", "fleet:a1v,c1v,d5h,g1v,i1v", "e5 f5", "d5 g5"},
		{"to the other end", "fleet:a1v,c1v,d5h,g1v,i1v", "e5 f5 g5", "d5"},
		{"in a corner", "fleet:a1v,c1v,e1v,g1v,j9v", "j10", "i10 j9"},
		{"at the end of a row, not in the next one", "fleet:a1v,c1v,e1v,h5h,a8h", "i5 j5", "h5"},
	} {
		t.Run(test.name, func(t *testing.T) {
			pos := mustPlay(t, begin(t, "", game.Seed{}), inRows, test.fleet)
			wasted := cells()[60:]
			for i, shot := range strings.Fields(test.shots) {
				pos = mustPlay(t, pos, shot, wasted[i])
			}
			for _, strength := range []game.Strength{game.Medium, game.Strongest} {
				for n := range 10 {
					got := botMove(t, pos, 0, strength, game.Seed{byte(n)})
					if !slices.Contains(strings.Fields(test.want), got) {
						t.Errorf("strength %d shoots at %s, want one of %s", strength, got, test.want)
					}
				}
			}
		})
	}
}

// The strongest places ships apart, the others as chance has it.
func TestPlacement(t *testing.T) {
	for n := range 50 {
		pos := begin(t, "", game.Seed{byte(n)})
		fleets := map[game.Strength]string{}
		for _, strength := range []game.Strength{game.Weakest, game.Medium, game.Strongest} {
			fleets[strength] = botMove(t, pos, 1, strength, game.Seed{byte(n), 1})
			if _, err := pos.Play(1, fleets[strength]); err != nil {
				t.Errorf("strength %d places %s: %v", strength, fleets[strength], err)
			}
		}
		if touching(fleets[game.Strongest]) {
			t.Errorf("the strongest places ships that touch: %s", fleets[game.Strongest])
		}
		if fleets[game.Weakest] != "fleet:random" {
			t.Errorf("the weakest places %s", fleets[game.Weakest])
		}
	}
}

// touching looks at every pair of cells of different ships.
func touching(move string) bool {
	type cell struct{ x, y, ship int }
	var taken []cell
	for i, place := range strings.Split(strings.TrimPrefix(move, "fleet:"), ",") {
		x, y := int(place[0]-'a'), slices.Index(cells(), place[:len(place)-1])/10
		for n := range []int{5, 4, 3, 3, 2}[i] {
			c := cell{x + n, y, i}
			if strings.HasSuffix(place, "v") {
				c = cell{x, y + n, i}
			}
			taken = append(taken, c)
		}
	}
	for _, a := range taken {
		for _, b := range taken {
			if a.ship != b.ship && (a.x-b.x)*(a.x-b.x)+(a.y-b.y)*(a.y-b.y) == 1 {
				return true
			}
		}
	}
	return false
}

// What a bot may compute for is some 100 ms; the widest choice takes far less.
func TestBotIsQuick(t *testing.T) {
	pos := mustPlay(t, begin(t, "", game.Seed{}), inRows, inColumns)
	for _, strength := range []game.Strength{game.Weakest, game.Medium, game.Strongest} {
		start := time.Now()
		botMove(t, pos, 0, strength, game.Seed{})
		if took := time.Since(start); took > 100*time.Millisecond {
			t.Errorf("strength %d took %v", strength, took)
		}
	}
}

func BenchmarkBot(b *testing.B) {
	placing := begin(b, "", game.Seed{})
	shooting := mustPlay(b, placing, inRows, inColumns)
	for name, pos := range map[string]game.Position{"placing": placing, "shooting": shooting} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				botMove(b, pos, 0, game.Strongest, game.Seed{})
			}
		})
	}
}
