package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
	"github.com/everturn/everturn/web"
	"github.com/everturn/everturn/web/wire"
)

// hall is a whole server in this process, on an engine in memory, for games without number: real sockets, and the truth
// behind them within reach.
type hall struct {
	*game.Desk
	url string
}

func openHall(t *testing.T, catalog game.Catalog) *hall {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	h := &hall{Desk: game.NewDesk(catalog)}
	reg, err := orchestrator.NewRegistry(h.Orchestrations()...)
	must(err)
	ents, err := entities.NewRegistry(h.Desk.Entities()...)
	must(err)
	host, err := durable.Open(memstore.New(memstore.Options{Partitions: 4}), durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{Logger: zerolog.Nop()}),
			entities.Kind:     entities.NewBehavior(ents, entities.Options{}),
		},
		Worker: reg.Worker(), Logger: zerolog.Nop(), UptimeDelay: -1,
	})
	must(err)
	h.Open(orchestrator.NewClient(host), entities.NewClient(host))
	server, err := web.New(web.Options{Desk: h.Desk, Engine: host, Version: "test", Boot: "b1", NoRateLimits: true, Logger: zerolog.Nop()})
	must(err)
	listener := httptest.NewServer(server)
	h.url = listener.URL
	t.Cleanup(func() {
		must(server.Close())
		listener.Close()
		must(host.Close())
	})
	return h
}

// get asks for JSON in the name of a player.
func (h *hall) get(path, token string, into any) error {
	r, err := http.NewRequest(http.MethodGet, h.url+path, nil)
	if err != nil {
		return err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s %s %w", path, answer.Status, body, err)
	}
	return json.Unmarshal(body, into)
}

// ear is a socket of a player that keeps all that it hears of a match.
type ear struct {
	player game.Player
	token  string
	ws     *websocket.Conn
	frames []heard

	seat int
	seq  int64 // of the newest view
	view struct {
		Actors []int
		Moves  []string
		Result json.RawMessage
	}
}

type heard struct {
	frame wire.ServerFrame
	raw   string
}

func (h *hall) ear(name string) (*ear, error) {
	p, token, err := h.Register(context.Background(), name)
	if err != nil {
		return nil, err
	}
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	ws, _, err := d.Dial("ws"+strings.TrimPrefix(h.url, "http")+"/ws", http.Header{"Authorization": {"Bearer " + token}})
	return &ear{player: p, token: token, ws: ws}, err
}

func (e *ear) send(f wire.ClientFrame) error {
	return e.ws.WriteMessage(websocket.TextMessage, f.Append(nil))
}

func (e *ear) read() (wire.ServerFrame, error) {
	e.ws.SetReadDeadline(time.Now().Add(20 * time.Second)) //nolint:errcheck // then reading fails
	_, data, err := e.ws.ReadMessage()
	if err != nil {
		return nil, err
	}
	f, err := wire.DecodeServer(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, data)
	}
	e.frames = append(e.frames, heard{f, string(data)})
	switch f := f.(type) {
	case wire.Sync:
		e.seat = int(f.Seat)
		return f, e.see(f.Seq, f.View)
	case wire.Live:
		return f, e.see(f.Seq, f.View)
	case wire.Ev:
		if len(f.View) > 0 {
			return f, e.see(f.Seq, f.View)
		}
	case wire.Nack, wire.Error:
		return nil, fmt.Errorf("seat %d is told %s", e.seat, data)
	}
	return f, nil
}

func (e *ear) see(seq int64, view json.RawMessage) error {
	e.seq, e.view.Moves, e.view.Result = seq, nil, nil
	return json.Unmarshal(view, &e.view)
}

func (e *ear) over() bool { return len(e.view.Result) > 0 && string(e.view.Result) != "null" }

// until reads on until there is a view of an event, or a later one.
func (e *ear) until(seq int64) error {
	for e.seq < seq {
		if _, err := e.read(); err != nil {
			return err
		}
	}
	return nil
}

// watch begins to follow, or begins anew from some event on.
func (e *ear) watch(match string, after wire.Optional) error {
	if err := e.send(wire.Watch{Match: match, After: after}); err != nil {
		return err
	}
	for {
		f, err := e.read()
		if _, live := f.(wire.Live); err != nil || live {
			return err
		}
	}
}

// move makes a move and gives the number of its event.
func (e *ear) move(match, move string) (int64, error) {
	if err := e.send(wire.Move{ID: fmt.Sprint("k", len(e.frames)), Match: match, Move: move}); err != nil {
		return 0, fmt.Errorf("%s: %w", move, err)
	}
	for {
		f, err := e.read()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", move, err)
		}
		if ack, ok := f.(wire.Ack); ok {
			return ack.Seq, nil
		}
	}
}

// unlisted are moves of games that have too many to list.
var unlisted = map[string]string{"battleship": "fleet:random"}

// party is a match with its players' ears, in the order of their seats, and those of watchers.
type party struct {
	id, game string
	players  []*ear
	watchers []*ear
	restless bool // now and then somebody watches anew
	random   *rand.Rand
}

// seat makes a match for the players, and bots in the further seats.
func (p *party) seat(h *hall, in game.NewMatch) error {
	made, err := h.Create(context.Background(), p.players[0].player, in, "")
	if err != nil {
		return err
	}
	p.id, p.game = made.ID, in.Game
	for _, e := range p.players[1:] {
		if _, err := h.Join(context.Background(), p.id, e.player); err != nil {
			return err
		}
	}
	for _, e := range p.everybody() {
		e.frames = nil
		if err := e.watch(p.id, wire.Optional{}); err != nil {
			return err
		}
	}
	return nil
}

func (p *party) everybody() []*ear { return slices.Concat(p.players, p.watchers) }

// play plays random legal moves to the end.
func (p *party) play() error {
	for !p.players[0].over() {
		seq := p.players[0].seq
		if mover := p.mover(); mover == nil { // a bot's turn
			seq++
		} else {
			text := unlisted[p.game]
			if n := len(mover.view.Moves); n > 0 {
				text = mover.view.Moves[p.random.IntN(n)]
			}
			var err error
			if seq, err = mover.move(p.id, text); err != nil {
				return err
			}
		}
		for _, e := range p.everybody() {
			if err := e.until(seq); err != nil {
				return err
			}
			if p.restless && p.random.IntN(20) == 0 {
				after := []wire.Optional{{}, wire.Some(p.random.Int64N(e.seq + 1))}[p.random.IntN(2)]
				if err := e.watch(p.id, after); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// mover is one of the people who owe a move.
func (p *party) mover() *ear {
	var all []*ear
	for _, e := range p.players {
		if slices.Contains(e.view.Actors, e.seat) {
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[p.random.IntN(len(all))]
}

// options are random ones of a game.
func options(info game.Info, random *rand.Rand) json.RawMessage {
	chosen := map[string]json.RawMessage{}
	for _, spec := range info.Options {
		switch spec.Type {
		case game.BoolType:
			chosen[spec.ID] = json.RawMessage([]string{"true", "false"}[random.IntN(2)])
		case game.IntType:
			n := min((*spec.Max-*spec.Min)/spec.Step, 4) // the highest make long games
			chosen[spec.ID] = json.RawMessage(strconv.Itoa(*spec.Min + spec.Step*random.IntN(n+1)))
		case game.ChoiceType:
			chosen[spec.ID] = json.RawMessage(strconv.Quote(spec.Choices[random.IntN(len(spec.Choices))]))
		}
	}
	b, err := json.Marshal(chosen)
	if err != nil {
		panic(err)
	}
	return b
}

// inParallel does n things, some at a time, and gives the first error.
func inParallel(n int, do func(i int) error) error {
	const atOnce = 4
	work, errs := make(chan int), make(chan error, atOnce)
	for range atOnce {
		go func() {
			var first error
			for i := range work {
				if first == nil {
					first = do(i)
				}
			}
			errs <- first
		}()
	}
	for i := range n {
		work <- i
	}
	close(work)
	var first error
	for range atOnce {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}
