package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/everturn/everturn/cmd/internal/bot"
	"github.com/everturn/everturn/web/wire"
)

var linearKills = flag.Int("linear.kills", 4, "how often TestLinearizableMatches kills the server")

const (
	linearTables   = 8
	linearInFlight = 3   // unanswered moves of a player
	linearAnswers  = 400 // between two kills, at least
)

// TestLinearizableMatches has pairs of players send moves to their matches blindly, several at once, legal or not, while the
// server is killed again and again. What the players were told, be it an ack with its number or a refusal with its code, must
// be possible if each match takes one move after the other, each at some moment between its first sending and its answer.
func TestLinearizableMatches(t *testing.T) {
	r := &linearRun{t: t, data: newData(t), begun: time.Now(), answers: make(chan struct{}, 1<<16)}
	r.start("127.0.0.1:0")
	r.api = &bot.API{URL: r.server.url}
	ctx, stop := context.WithCancelCause(t.Context())
	var tables sync.WaitGroup
	for i := range linearTables {
		tables.Go(func() {
			if err := r.table(ctx, i); err != nil {
				stop(err)
			}
		})
	}
	for range *linearKills {
		r.await(ctx, linearAnswers)
		r.server.kill()
		r.start(r.server.url[len("http://"):])
	}
	r.await(ctx, linearAnswers)
	stop(nil)
	tables.Wait()
	if err := context.Cause(ctx); err != nil && err != context.Canceled { //nolint:errorlint // it is that very value
		t.Fatal(err)
	}
	if result := porcupine.CheckOperationsTimeout(matchModel, r.history, time.Minute); result != porcupine.Ok {
		t.Errorf("%d moves: %v", len(r.history), result)
	}
	acked := 0
	for _, op := range r.history {
		if op.Output.(linearAnswer).code == "" {
			acked++
		}
	}
	if acked == 0 || acked == len(r.history) {
		t.Errorf("%d of %d moves were accepted: both kinds of answers are wanted", acked, len(r.history))
	}
	t.Logf("%d moves, %d of them accepted, %d matches, %d kills", len(r.history), acked, r.matches, *linearKills)
}

// linearMove is a move as a player sends it, and linearAnswer what the player was told.
type (
	linearMove struct {
		match string
		seat  int
		cell  int
	}
	linearAnswer struct {
		seq  int64
		code wire.Code // empty for an ack
	}
)

// linearBoard is a tic-tac-toe match as the model has it: who has which cell (seat + 1), and how many moves were made.
type linearBoard struct {
	cells [9]int8
	moves int
}

// linearFirst is the number of the first move: two have joined and the game has started before.
const linearFirst = 4

func (b linearBoard) over() bool {
	for _, l := range [][3]int{{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {0, 3, 6}, {1, 4, 7}, {2, 5, 8}, {0, 4, 8}, {2, 4, 6}} {
		if c := b.cells[l[0]]; c != 0 && c == b.cells[l[1]] && c == b.cells[l[2]] {
			return true
		}
	}
	return b.moves == 9
}

// judge is what a server must answer.
func (b linearBoard) judge(m linearMove) (linearBoard, linearAnswer) {
	switch {
	case b.over():
		return b, linearAnswer{code: wire.CodeGameOver}
	case b.moves%2 != m.seat:
		return b, linearAnswer{code: wire.CodeNotYourTurn}
	case b.cells[m.cell] != 0:
		return b, linearAnswer{code: wire.CodeIllegalMove}
	}
	seq := int64(linearFirst + b.moves)
	b.cells[m.cell], b.moves = int8(m.seat+1), b.moves+1
	return b, linearAnswer{seq: seq}
}

var matchModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) (parts [][]porcupine.Operation) {
		byMatch := map[string][]porcupine.Operation{}
		for _, op := range history {
			match := op.Input.(linearMove).match
			byMatch[match] = append(byMatch[match], op)
		}
		for _, part := range byMatch {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return linearBoard{} },
	Step: func(state, input, output any) (bool, any) {
		next, answer := state.(linearBoard).judge(input.(linearMove))
		return answer == output.(linearAnswer), next
	},
}

// The checker must notice a move that was acknowledged and lost, one that was applied twice, and an answer from the past.
func TestMatchModelNotices(t *testing.T) {
	type step struct {
		move   linearMove
		answer linearAnswer
	}
	ack := func(seq int64) linearAnswer { return linearAnswer{seq: seq} }
	for name, tc := range map[string]struct {
		steps []step
		want  porcupine.CheckResult
	}{
		"right":         {[]step{{linearMove{"m", 0, 4}, ack(4)}, {linearMove{"m", 1, 4}, linearAnswer{code: wire.CodeIllegalMove}}, {linearMove{"m", 1, 0}, ack(5)}}, porcupine.Ok},
		"lost":          {[]step{{linearMove{"m", 0, 4}, ack(4)}, {linearMove{"m", 0, 4}, ack(4)}}, porcupine.Illegal},
		"twice":         {[]step{{linearMove{"m", 0, 4}, ack(4)}, {linearMove{"m", 1, 0}, ack(6)}}, porcupine.Illegal},
		"from the past": {[]step{{linearMove{"m", 0, 4}, ack(4)}, {linearMove{"m", 1, 0}, linearAnswer{code: wire.CodeNotYourTurn}}}, porcupine.Illegal},
	} {
		var history []porcupine.Operation
		for i, s := range tc.steps {
			history = append(history, porcupine.Operation{Input: s.move, Output: s.answer, Call: int64(2 * i), Return: int64(2*i + 1)})
		}
		if got := porcupine.CheckOperationsTimeout(matchModel, history, time.Minute); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// linearRun is one server with its players, and what they were told.
type linearRun struct {
	t      *testing.T
	data   string
	server *child
	api    *bot.API
	begun  time.Time

	answers chan struct{} // one token for each answer
	mu      sync.Mutex
	history []porcupine.Operation
	matches int
}

func (r *linearRun) start(addr string) {
	r.server = startServer(r.t, r.data, "--addr", addr, "--rate-limit", "off", "--log-level", "warn")
}

// await waits for some answers.
func (r *linearRun) await(ctx context.Context, answers int) {
	r.t.Helper()
	limit := time.After(time.Minute)
	for range answers {
		select {
		case <-r.answers:
		case <-ctx.Done():
			return
		case <-limit:
			r.t.Fatalf("no answers; the server says:\n%s", r.server.log.String())
		}
	}
}

// table plays one match after the other until the context ends; what was sent by then is still answered.
func (r *linearRun) table(ctx context.Context, n int) error {
	sockets, hangUp := context.WithCancel(r.t.Context())
	defer hangUp()
	var hands [2]*linearHand
	for seat := range hands {
		player, err := r.api.NewPlayer(ctx, fmt.Sprintf("Table %d seat %d", n, seat))
		if err != nil {
			return err
		}
		h := &linearHand{run: r, seat: seat, player: player, free: make(chan struct{}, linearInFlight), lost: make(chan error, 1), rand: rand.New(rand.NewPCG(rand.Uint64(), uint64(n)))}
		h.client = bot.NewClient(bot.Options{URL: r.api.URL, Token: player.Token, Handler: h, Rand: rand.New(rand.NewPCG(rand.Uint64(), uint64(n)))})
		hands[seat] = h
		go func() { h.lost <- h.client.Run(sockets) }()
	}
	for i := 0; ctx.Err() == nil; i++ {
		match, err := r.api.NewMatch(r.t.Context(), hands[0].player, "tictactoe", strconv.Itoa(i))
		if err == nil {
			_, err = r.api.Join(r.t.Context(), hands[1].player, match)
		}
		if err != nil {
			return err
		}
		var both sync.WaitGroup
		var errs [2]error
		for seat, h := range hands {
			both.Go(func() { errs[seat] = h.play(ctx, match) })
		}
		both.Wait()
		if err := errs[0]; err != nil {
			return err
		}
		if err := errs[1]; err != nil {
			return err
		}
		r.mu.Lock()
		r.matches++
		r.mu.Unlock()
	}
	return nil
}

// linearHand is a player who sends moves without looking.
type linearHand struct {
	run    *linearRun
	seat   int
	player bot.Player
	client *bot.Client
	rand   *rand.Rand
	free   chan struct{} // has a token for each unanswered move
	lost   chan error

	mu   sync.Mutex
	over string // the match that was said to be over
}

// play sends moves until one is answered by that the game is over, or the context ends. It returns when all are answered.
func (h *linearHand) play(ctx context.Context, match string) error {
	for ctx.Err() == nil && !h.isOver(match) {
		select {
		case h.free <- struct{}{}:
			h.client.Move(match, strconv.Itoa(1+h.rand.IntN(9)), wire.Optional{})
		case err := <-h.lost:
			return fmt.Errorf("seat %d of %s: %w", h.seat, match, err)
		}
	}
	for range linearInFlight {
		select {
		case h.free <- struct{}{}:
		case err := <-h.lost:
			return fmt.Errorf("seat %d of %s: %w", h.seat, match, err)
		}
	}
	for range linearInFlight {
		<-h.free
	}
	return nil
}

func (h *linearHand) isOver(match string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.over == match
}

// Synced and Event do nothing: the players watch nothing.
func (h *linearHand) Synced(*bot.Watched) error         { return nil }
func (h *linearHand) Event(*bot.Watched, wire.Ev) error { return nil }

// Acked and Nacked note the answer.
func (h *linearHand) Acked(c bot.Command, seq int64) error {
	h.note(c, linearAnswer{seq: seq})
	return nil
}

func (h *linearHand) Nacked(c bot.Command, n wire.Nack) error {
	if n.Code == wire.CodeGameOver {
		h.mu.Lock()
		h.over = c.Match
		h.mu.Unlock()
	}
	h.note(c, linearAnswer{code: n.Code})
	return nil
}

func (h *linearHand) note(c bot.Command, answer linearAnswer) {
	cell, err := strconv.Atoi(c.Move)
	if err != nil {
		h.run.t.Error(err)
	}
	op := porcupine.Operation{
		ClientId: h.seat, Input: linearMove{c.Match, h.seat, cell - 1}, Output: answer,
		Call: int64(c.Sent.Sub(h.run.begun)), Return: int64(time.Since(h.run.begun)),
	}
	h.run.mu.Lock()
	h.run.history = append(h.run.history, op)
	h.run.mu.Unlock()
	<-h.free
	h.run.answers <- struct{}{}
}
