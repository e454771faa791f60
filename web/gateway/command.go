package gateway

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/wire"
)

// When to try again what was refused as busy or too early.
const (
	retryBusy     = 250 * time.Millisecond
	retryTooEarly = time.Second
)

func (c *conn) move(f wire.Move) {
	command := game.Command{Kind: game.CommandMove, Move: f.Move}
	if f.Seq.Set {
		seq := uint64(f.Seq.N)
		command.Seq = &seq
	}
	c.command(f.ID, f.Match, command)
}

// act hands on what is not a move. Who claims the game is believed what this gateway knows of the others' absence.
func (c *conn) act(f wire.Act) {
	command, wait := game.Command{Kind: game.CommandAct, Act: string(f.Act)}, retryTooEarly
	if f.Act == wire.ActClaim {
		command.Absent, wait = c.g.absent(f.Match)
	}
	c.ask(f.ID, f.Match, command, wait)
}

// chat hands on a line, where the socket has not said too much.
func (c *conn) chat(f wire.Chat) {
	if wait, ok := c.allowChat(); !ok {
		c.nack(f.ID, f.Match, wire.CodeRateLimited, tooTalkative, wait)
		return
	}
	c.command(f.ID, f.Match, game.Command{Kind: game.CommandChat, Text: f.Text})
}

// command hands a command to the desk. Its answer is the ack or nack; there is none where nobody can know it, and then
// the socket is closed.
func (c *conn) command(id, match string, command game.Command) {
	c.ask(id, match, command, retryTooEarly)
}

// ask is command where it is known how long it may be too early.
func (c *conn) ask(id, match string, command game.Command, tooEarly time.Duration) {
	if !c.g.begin() {
		return // the socket is about to be closed; the client asks again after
	}
	if !c.g.pending.take(c.player, match) {
		c.g.done()
		c.nack(id, match, wire.CodeBusy, fmt.Sprintf("%d commands of yours in this match have no answer yet.", wire.MaxPending), retryBusy)
		return
	}
	// Called from a goroutine of the engine: nothing in it waits.
	c.g.opts.Desk.Command(match, c.player, id, command, func(ack game.Ack, err error) {
		c.g.pending.free(c.player, match)
		c.answer(id, match, ack, err, tooEarly)
		c.g.done()
	})
}

func (c *conn) answer(id, match string, ack game.Ack, err error, tooEarly time.Duration) {
	if err == nil {
		send(c, wire.TypeAck, wire.Ack{ID: id, Match: match, Seq: int64(ack.Seq)})
		return
	}
	code, msg, known := verdict(err)
	if !known {
		c.end(wire.CloseRestart, "The outcome of a command is not known: come back and ask again.")
		return
	}
	retry := retryBusy
	if code == wire.CodeTooEarly {
		retry = tooEarly
	}
	c.nack(id, match, code, msg, retry)
}

// verdict is what an error of the desk means to a player. Known is false where the command may or may not have been
// applied.
func verdict(err error) (code wire.Code, msg string, known bool) {
	var refusal *game.Refusal
	if errors.As(err, &refusal) {
		if code = wire.Code(refusal.Code); !code.Known() {
			code = wire.CodeInternal
		}
		return code, refusal.Message, true
	}
	var failure *orchestrator.Failure
	if !errors.As(err, &failure) {
		return "", "", false
	}
	switch failure.Code {
	case orchestrator.CodeBusy, orchestrator.CodeUnavailable, orchestrator.CodeInternal, orchestrator.CodeTooLarge:
		code = wire.Code(failure.Code)
		return code, code.Sentence(), true // the failure's own message is for operators
	}
	return "", "", false
}

// begin counts a command as under way; false while draining. Counting comes first, so that Drain misses none.
func (g *Gateway) begin() bool {
	g.inflight.Add(1)
	if !g.draining.Load() {
		return true
	}
	g.done()
	return false
}

// done is the end of a command under way.
func (g *Gateway) done() {
	if g.inflight.Add(-1) == 0 && g.draining.Load() {
		g.settled()
	}
}

// pending counts the unanswered commands of each player in each match, over all sockets of the player.
type pending struct {
	mu    sync.Mutex
	count map[pendingKey]int
}

type pendingKey struct{ player, match string }

func (p *pending) take(player, match string) bool {
	key := pendingKey{player, match}
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.count[key]
	if n >= wire.MaxPending {
		return false
	}
	p.count[key] = n + 1
	return true
}

func (p *pending) free(player, match string) {
	key := pendingKey{player, match}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := p.count[key]; n > 1 {
		p.count[key] = n - 1
	} else {
		delete(p.count, key)
	}
}
