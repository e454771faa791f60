package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/game"
)

// TestSeed plays whole games of each kind into a new directory, and more into one that has some; not into one in use.
func TestSeed(t *testing.T) {
	isLong(t)
	data := newData(t)
	for round := 1; round <= 2; round++ {
		if out := mustRun(t, "seed", "--games", "20", "--data", data); !strings.Contains(out, "20 games of 16 players") {
			t.Errorf("it says %s", out)
		}
		e, err := openEngine(&settings{Data: data, Durability: "sync"}, zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		byGame := map[string]int{}
		list, _, err := e.desk.List(game.Query{State: game.StateFinished, Limit: 100})
		for _, m := range list {
			byGame[m.Game]++
		}
		for _, id := range []string{"tictactoe", "connect4", "rps", "battleship", "dungeon"} {
			if byGame[id] != 4*round {
				t.Errorf("round %d: %d games of %s", round, byGame[id], id)
			}
		}
		if err = errors.Join(err, e.Close()); err != nil {
			t.Fatal(err)
		}
	}
	used := dataOf(startServer(t, newData(t), "--addr", "127.0.0.1:0"))
	for _, args := range [][]string{{"--data", used}, {"--data", newData(t), "--games", "0"}} {
		var b bytes.Buffer
		if code := execute(t.Context(), append([]string{"seed"}, args...), streams{strings.NewReader(""), printer{&b}, printer{&b}}); code != exitFailed {
			t.Errorf("%v: exit code %d: %s", args, code, b.String())
		}
	}
}
