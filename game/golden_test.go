package game_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

var update = flag.Bool("update", false, "record the golden histories of matches anew")

// goldenDir has a folder for each game. They lie one deeper than the histories
// of the orchestrator's own tests, which replay all of theirs and have no games.
const goldenDir = "../testdata/histories/match"

// goldenMatches are the matches that -update records.
var goldenMatches = map[string]func(*house) (match string){
	"tictactoe/finished": func(h *house) string {
		ann, bea := h.player("Ann"), h.player("Bea")
		id := h.match(game.NewMatch{Game: "tictactoe"}, ann, bea).ID
		for n, move := range []string{"5", "1", "4", "2"} {
			h.move(id, []game.Player{ann, bea}[n%2], move, move)
		}
		if _, err := h.do(id, bea, "x", game.Command{Kind: game.CommandMove, Move: "9"}); refusalOf(err) != game.CodeNotYourTurn {
			h.must(err)
		}
		h.move(id, ann, "6", "6")
		h.act(id, bea, "again", game.ActRematch)
		return id
	},
	"connect4/running": func(h *house) string {
		ann, bea := h.player("Ann"), h.player("Bea")
		id := h.match(game.NewMatch{Game: "connect4", Clock: &game.ClockSpec{Initial: 600_000, Increment: 5_000}}, ann, bea).ID
		for n, move := range []string{"4", "4", "3", "5", "2"} {
			h.move(id, []game.Player{ann, bea}[n%2], move+"-", move)
			h.move(id, []game.Player{ann, bea}[n%2], move+"-", "7") // the answer is repeated, and nothing else
		}
		return id
	},
	"connect4/rematch-with-bot": func(h *house) string {
		ann := h.player("Ann")
		id := h.match(game.NewMatch{Game: "connect4", Seats: []string{"bot:2"}}, ann).ID
		h.act(id, ann, "enough", game.ActResign)
		h.act(id, ann, "again", game.ActRematch)
		f := h.follow(id)
		h.until(f, func(t *game.Table) bool { return t.N == 2 && len(t.Moves) == 1 }) // the bot moves first
		h.move(id, ann, "1", "4")
		h.until(f, func(t *game.Table) bool { return len(t.Moves) == 3 })
		return id
	},
	"tictactoe/whole-life": func(h *house) string {
		ann, bea := h.player("Ann"), h.player("Bea")
		id := h.queued("tictactoe", ann, bea)
		h.act(id, bea, "here", game.ActReady)
		h.act(id, ann, "here", game.ActReady)
		h.move(id, ann, "1", "5")
		h.act(id, ann, "2", game.ActTakebackAsk)
		h.act(id, bea, "2", game.ActTakebackAccept)
		h.move(id, ann, "3", "1")
		h.act(id, ann, "4", game.ActDrawOffer)
		h.act(id, bea, "4", game.ActDrawDecline)
		h.Presence(id, 1, false)
		h.act(id, ann, "once more", game.ActReady) // it has been told
		claim := act(game.ActClaim)
		claim.Absent = []game.Absence{{Seat: 1, For: 20_000}}
		h.refused(game.CodeTooEarly, id, ann, claim)
		claim.Absent[0].For = 40_000
		_, err := h.do(id, ann, "5", claim)
		h.must(err)
		_, err = h.do(id, bea, "5", game.Command{Kind: game.CommandChat, Text: "sorry"})
		h.must(err)
		h.act(id, bea, "6", game.ActRematch)
		return id
	},
	"connect4/long": func(h *house) string { // in its second generation, with the deadline of a rematch
		h.history = 10
		h.restart()
		ann, bea := h.player("Ann"), h.player("Bea")
		id := h.match(game.NewMatch{Game: "connect4", Clock: &game.ClockSpec{PerMove: 600_000}}, ann, bea).ID
		for n, move := range []string{"4", "4", "3", "5", "2", "1"} {
			h.move(id, []game.Player{ann, bea}[n%2], move+"-", move)
		}
		h.act(id, bea, "ask", game.ActTakebackAsk)
		h.act(id, ann, "yes", game.ActTakebackAccept)
		h.act(id, bea, "draw", game.ActDrawOffer)
		h.refused(game.CodeNotYourTurn, id, ann, game.Command{Kind: game.CommandMove, Move: "1"})
		h.act(id, ann, "agreed", game.ActDrawAccept)
		return id
	},
}

// The form is that of the orchestrator's golden histories.
type (
	goldenHeader struct {
		Instance    string `json:"instance"`
		Incarnation uint64 `json:"incarnation"`
		Generation  uint32 `json:"generation"`
	}
	goldenEntry struct {
		Entry []byte             `json:"entry"`
		Rows  []orchestrator.Row `json:"rows"`
	}
)

// TestGoldenMatches replays matches that were recorded once with today's code.
// If it fails, matches that are stored somewhere would not go on: the change
// needs a version of its own. With -update they are recorded anew.
func TestGoldenMatches(t *testing.T) {
	if *update {
		for name, play := range goldenMatches {
			h := openHouse(t)
			h.record(play(h), filepath.Join(goldenDir, name+".jsonl"))
		}
	}
	files, err := filepath.Glob(filepath.Join(goldenDir, "*", "*.jsonl"))
	if err != nil || len(files) < len(goldenMatches) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file), func(t *testing.T) {
			h := openHouse(t)
			in := readGolden(t, file)
			h.must(h.replay(in))
			// A history that the code could not have made is told apart: of each
			// entry but the last one, the next ones are what follows from it.
			bad := *in
			bad.Log = slices.Delete(slices.Clone(in.Log), len(in.Log)/2, len(in.Log)/2+1)
			var other *orchestrator.NonDeterminismError
			if err := h.replay(&bad); !errors.As(err, &other) {
				t.Errorf("without entry %d: %v", len(in.Log)/2, err)
			}
		})
	}
}

func (h *house) replay(in *durable.Instance) error {
	reg, err := orchestrator.NewRegistry(h.Orchestrations()...)
	h.must(err)
	return orchestrator.Replay(orchestrator.NewBehavior(reg, orchestrator.Options{}), in)
}

func (h *house) record(match, file string) {
	h.t.Helper()
	s, log, err := h.host.Log(orchestrator.InstanceID(match))
	h.must(err)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	h.must(enc.Encode(goldenHeader{Instance: match, Incarnation: s.Incarnation, Generation: s.Generation}))
	told := 0
	for i := range log {
		rows, err := orchestrator.History(log[:i+1])
		h.must(err)
		h.must(enc.Encode(goldenEntry{log[i], rows[told:]}))
		told = len(rows)
	}
	h.must(os.MkdirAll(filepath.Dir(file), 0o755))
	h.must(os.WriteFile(file, b.Bytes(), 0o644))
}

func readGolden(t *testing.T, file string) *durable.Instance {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, 1<<22)
	var head goldenHeader
	if lines.Scan(); json.Unmarshal(lines.Bytes(), &head) != nil || head.Instance == "" {
		t.Fatalf("%s does not say whose it is: %s", file, lines.Bytes())
	}
	in := &durable.Instance{ID: orchestrator.InstanceID(head.Instance), Incarnation: head.Incarnation, Generation: head.Generation, Exists: true}
	for lines.Scan() {
		var e goldenEntry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		in.Log = append(in.Log, e.Entry)
	}
	return in
}
