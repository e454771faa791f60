package main

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
)

// TestReadmeHasTheViews holds the list of views in web/README.md against those of the games that are offered.
func TestReadmeHasTheViews(t *testing.T) {
	file, err := os.ReadFile("../../web/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, views, _ := strings.Cut(string(file), "\n### Views\n")
	views, _, _ = strings.Cut(views, "\n### ")
	written := map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|(?: `(\\w+)` \\|)?").FindAllStringSubmatch(views, -1) {
		if row[2] == "" {
			written[""] = append(written[""], row[1]) // of all games
		} else if row[2] != "revealed" {
			written[row[1]] = append(written[row[1]], row[2])
		}
	}
	catalog, err := games()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string][]string{"": {"actors", "moves", "phase", "result"}}
	for _, info := range catalog.Infos() {
		fields := map[string]bool{}
		rules, err := catalog.Get(info.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, view := range viewsOf(t, rules) {
			var fieldsOf map[string]json.RawMessage
			if err := json.Unmarshal(view, &fieldsOf); err != nil {
				t.Fatal(err)
			}
			for name := range fieldsOf {
				fields[name] = !slices.Contains(shown[""], name)
			}
		}
		maps.DeleteFunc(fields, func(_ string, own bool) bool { return !own })
		shown[info.ID] = slices.Sorted(maps.Keys(fields))
	}
	for id := range written {
		slices.Sort(written[id])
	}
	if diff := cmp.Diff(shown, written); diff != "" {
		t.Errorf("views, code (-) and README (+):\n%s", diff)
	}
}

// viewsOf are views of all seats, of the beginning of a random game.
func viewsOf(t *testing.T, rules game.Rules) (views [][]byte) {
	t.Helper()
	info, random := rules.Info(), rand.New(rand.NewPCG(1, 2))
	setup, err := game.NewSetup(info, info.MinSeats, 0, nil, game.Seed{1})
	if err != nil {
		t.Fatal(err)
	}
	pos, err := rules.New(setup)
	if err != nil {
		t.Fatal(err)
	}
	for range 40 {
		for seat := game.Watcher; seat < setup.Seats; seat++ {
			views = append(views, game.ViewJSON(pos, seat))
		}
		actors := pos.Actors()
		if len(actors) == 0 {
			break
		}
		move := unlisted[info.ID]
		if moves := pos.Moves(actors[0]); len(moves) > 0 {
			move = moves[random.IntN(len(moves))]
		}
		step, err := pos.Play(actors[0], move)
		if err != nil {
			t.Fatal(err)
		}
		pos = step.Next
	}
	return views
}
