package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/wire"
)

var hiddenGames = flag.Int("hidden.games", 12, "games of each kind with hidden information whose frames are looked at")

// TestNothingHiddenIsToldEarly plays games with hidden information and records every frame that goes to each seat and to a
// watcher. Then it imagines other games: with another seed, and other moves in secret of which the viewer was told nothing.
// What the viewer got must be, byte for byte, what it would have got in those. So nothing that it may not know has any
// influence on a frame: not as a text, a hash, a length, or an order.
func TestNothingHiddenIsToldEarly(t *testing.T) {
	catalog, err := games()
	if err != nil {
		t.Fatal(err)
	}
	h, hidden := openHall(t, catalog), 0
	for _, info := range catalog.Infos() {
		if !info.Hidden {
			continue
		}
		hidden++
		t.Run(info.ID, func(t *testing.T) {
			seen, err := h.listen(info, *hiddenGames)
			if err != nil {
				t.Error(err)
			}
			t.Logf("%d games, %d frames, of which %d were compared with those of other games", seen.games, seen.frames, seen.compared)
			if seen.compared == 0 {
				t.Error("nothing was compared")
			}
		})
	}
	if hidden == 0 {
		t.Skip("SKIPPED: no game of the catalog has hidden information")
	}
}

// TestALeakIsSeen: rules that tell no more than a hash of what is hidden are found out.
func TestALeakIsSeen(t *testing.T) {
	catalog, err := games()
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range catalog.Infos() {
		if !info.Hidden {
			continue
		}
		t.Run(info.ID, func(t *testing.T) {
			rules, err := catalog.Get(info.ID)
			if err != nil {
				t.Fatal(err)
			}
			leaking, err := game.NewCatalog(leaky{rules})
			if err != nil {
				t.Fatal(err)
			}
			_, err = openHall(t, leaking).listen(info, 4)
			if err == nil || !strings.Contains(err.Error(), `"zz"`) {
				t.Errorf("the leak was not seen: %v", err)
			}
		})
	}
}

// leaky are rules whose views have a hash of all there is.
type leaky struct{ game.Rules }

type leakyPosition struct{ game.Position }

func (l leaky) New(s game.Setup) (game.Position, error) {
	pos, err := l.Rules.New(s)
	return leakyPosition{pos}, err
}

func (l leakyPosition) Play(seat int, move string) (game.Step, error) {
	step, err := l.Position.Play(seat, move)
	step.Next = leakyPosition{step.Next}
	return step, err
}

func (l leakyPosition) View(v *game.View) {
	l.Position.View(v)
	v.String("zz", game.Hash(l.Save()))
}

// listened is what was looked at.
type listened struct{ games, frames, compared int }

// listen plays games and looks at what was heard.
func (h *hall) listen(info game.Info, games int) (listened, error) {
	results := make([]listened, games)
	err := inParallel(games, func(i int) error {
		random := rand.New(rand.NewPCG(uint64(i), 7))
		p := &party{random: random, restless: true}
		for range info.MinSeats + 1 {
			e, err := h.ear("Player")
			if err != nil {
				return err
			}
			defer e.ws.Close()
			p.players = append(p.players, e)
		}
		p.players, p.watchers = p.players[:info.MinSeats], p.players[info.MinSeats:]
		if err := p.seat(h, game.NewMatch{Game: info.ID, Options: options(info, random)}); err != nil {
			return err
		}
		if err := p.play(); err != nil {
			return fmt.Errorf("game %d, match %s: %w", i, p.id, err)
		}
		got, err := h.judge(p)
		results[i] = got
		return err
	})
	var sum listened
	for _, r := range results {
		sum.games += r.games
		sum.frames += r.frames
		sum.compared += r.compared
	}
	return sum, err
}

// judge compares what was heard of a game with what would have been heard of others.
func (h *hall) judge(p *party) (listened, error) {
	const imagined = 6 // games for each viewer
	n := listened{games: 1}
	events, err := h.Events(p.id, 0, 2000)
	if err != nil {
		return n, err
	}
	var record game.Record
	if err := h.get("/api/matches/"+p.id+"/record", "", &record); err != nil {
		return n, err
	}
	rules, err := h.Games.Get(p.game)
	if err != nil {
		return n, err
	}
	last := len(events) - 1 // after the last, which ended the game, nothing is hidden
	for _, e := range p.everybody() {
		n.frames += len(e.frames)
		for range imagined {
			until := 1 + p.random.IntN(last)
			w := &world{match: p.id, rules: rules, random: p.random, setup: game.Setup{Seats: len(record.Players), First: record.First, Options: record.Options}}
			for _, each := range events[:until] {
				w.events = append(w.events, each.Event)
			}
			if !w.otherwise(p.game, e.seat) {
				continue
			}
			if err := w.play(); err != nil {
				return n, err
			}
			compared, err := w.compare(e)
			n.compared += compared
			if err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// world is the beginning of a game that could have been.
type world struct {
	match     string
	rules     game.Rules
	setup     game.Setup
	random    *rand.Rand
	events    []game.Event
	positions []game.Position // after each event; nil before the start
}

// otherwise changes what a viewer could not know. False: there was nothing, or nothing was found.
func (w *world) otherwise(id string, viewer int) bool {
	for i := range w.setup.Seed {
		w.setup.Seed[i] = byte(w.random.Uint32())
	}
	switch id {
	case "rps":
		return w.otherChoice(viewer, "rock", "paper", "scissors")
	case "battleship":
		return w.otherFleets(viewer)
	}
	panic("say here which moves of " + id + " nobody but their mover knows")
}

// otherChoice changes the choices since all was revealed last.
func (w *world) otherChoice(viewer int, words ...string) (changed bool) {
	for i := len(w.events) - 1; i >= 0 && w.events[i].Kind != game.EventRevealed; i-- {
		if e := &w.events[i]; e.Kind == game.EventMoved && e.Seat != viewer {
			was := e.Move
			for e.Move == was {
				e.Move = words[w.random.IntN(len(words))]
			}
			changed = true
		}
	}
	return changed
}

// otherFleets moves ships that were never hit to where nobody shot.
func (w *world) otherFleets(viewer int) (changed bool) {
	shots := map[int]map[string]bool{0: {}, 1: {}} // by the seat that was shot at
	for _, e := range w.events {
		if e.Kind == game.EventMoved && !e.Hidden {
			shots[1-e.Seat][e.Move] = true
		}
	}
	for i := range w.events {
		e := &w.events[i]
		if e.Kind != game.EventMoved || !e.Hidden || e.Seat == viewer {
			continue
		}
		ships := strings.Split(strings.TrimPrefix(e.Move, "fleet:"), ",")
		for ship := range ships {
			changed = w.otherPlace(ships, ship, shots[e.Seat]) || changed
		}
		e.Move = "fleet:" + strings.Join(ships, ",")
	}
	return changed
}

func (w *world) otherPlace(ships []string, ship int, shots map[string]bool) bool {
	lengths := []int{5, 4, 3, 3, 2}
	taken := map[string]bool{}
	for other, place := range ships {
		if other != ship {
			for _, cell := range cellsOf(place, lengths[other]) {
				taken[cell] = true
			}
		}
	}
	free := func(place string) bool {
		for _, cell := range cellsOf(place, lengths[ship]) {
			if shots[cell] || taken[cell] {
				return false
			}
		}
		return true
	}
	if !free(ships[ship]) { // it was hit: the place is half known
		return false
	}
	for range 20 {
		long, across := 11-lengths[ship], 10
		column, row, way := w.random.IntN(long), w.random.IntN(across), "h"
		if w.random.IntN(2) == 0 {
			column, row, way = row, column, "v"
		}
		place := fmt.Sprintf("%c%d%s", 'a'+column, 1+row, way)
		if place != ships[ship] && free(place) {
			ships[ship] = place
			return true
		}
	}
	return false
}

// cellsOf are the cells of a ship at a place such as "c2v".
func cellsOf(place string, length int) (cells []string) {
	var column byte
	var row int
	var way string
	if _, err := fmt.Sscanf(place, "%c%d%s", &column, &row, &way); err != nil {
		panic(err)
	}
	for i := range length {
		if way == "h" {
			cells = append(cells, fmt.Sprintf("%c%d", column+byte(i), row))
		} else {
			cells = append(cells, fmt.Sprintf("%c%d", column, row+i))
		}
	}
	return cells
}

// play has the rules play the game that could have been.
func (w *world) play() error {
	var pos game.Position
	var told *game.Reveal
	for i := range w.events {
		e := &w.events[i]
		switch e.Kind {
		case game.EventStarted:
			var err error
			if pos, err = w.rules.New(w.setup); err != nil {
				return err
			}
		case game.EventMoved:
			step, err := game.Apply(pos, game.Action{Seat: e.Seat, Move: e.Move})
			if err != nil {
				return fmt.Errorf("match %s: seat %d could not have moved %s: %w", w.match, e.Seat, e.Move, err)
			}
			pos, told = step.Next, step.Revealed
		case game.EventRevealed:
			e.Revealed = told
		}
		w.positions = append(w.positions, pos)
	}
	return nil
}

// compare holds what a viewer was told against this world, as far as it goes.
func (w *world) compare(e *ear) (compared int, err error) {
	for _, got := range e.frames {
		var want string
		switch f := got.frame.(type) {
		case wire.Ev:
			i := int(f.Seq) - 1
			if i >= len(w.events) {
				continue
			}
			ev := wire.Ev{Match: w.match, Seq: f.Seq}
			if d, visible := w.events[i].AppendFor(nil, e.seat); visible {
				ev.Kind, ev.Data = wire.Kind(w.events[i].Kind), d
			}
			if len(f.View) > 0 {
				ev.View = w.view(i, e.seat)
			}
			want = string(ev.Append(nil))
		case wire.Sync:
			if int(f.Seq) > len(w.events) {
				continue
			}
			f.View = w.view(int(f.Seq)-1, e.seat)
			want = string(f.Append(nil))
		case wire.Live:
			if int(f.Seq) > len(w.events) {
				continue
			}
			f.View = w.view(int(f.Seq)-1, e.seat)
			want = string(f.Append(nil))
		default:
			continue
		}
		compared++
		if got.raw != want {
			return compared, fmt.Errorf("match %s: seat %d got what it could not know:\n%s\nand would have got, if hidden things were otherwise,\n%s",
				w.match, e.seat, got.raw, want)
		}
	}
	return compared, w.seeds(e)
}

// view is that of a seat after event i+1.
func (w *world) view(i, seat int) json.RawMessage {
	if w.positions[i] == nil {
		return json.RawMessage(`{"actors":[],"moves":null,"phase":0,"result":null}`)
	}
	return game.ViewJSON(w.positions[i], seat)
}

// seeds looks at the rest of what was heard: no frame has a seed.
func (w *world) seeds(e *ear) error {
	for _, got := range e.frames {
		if strings.Contains(got.raw, "seed") {
			return fmt.Errorf("match %s: seat %d was told of a seed: %s", w.match, e.seat, got.raw)
		}
	}
	return nil
}
