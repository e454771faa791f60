package game

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
)

// Desk is where the world outside comes to play: it makes matches and players,
// takes commands, and tells how things stand. It holds no state of its own but
// caches, and may be used concurrently.
//
// Errors are a *Refusal (what was asked is wrong, in a sentence for players), an
// *orchestrator.Failure (busy, unavailable, unsure…), or the context's.
type Desk struct {
	Games    Catalog
	client   *orchestrator.Client
	entities *entities.Client
	match    *orchestrator.Orchestration[Spec, Summary]
	ticket   *orchestrator.Orchestration[ticketAsk, orchestrator.None]
	queue    *orchestrator.Orchestration[matchmakerInput, orchestrator.None]
	think    *orchestrator.Activity[Thought, string]
	waits    patience
	sessions sessionCache
}

// NewDesk makes the desk for the games of a catalog. Its definitions go into
// the registries; Open connects it.
func NewDesk(games Catalog) *Desk {
	d := &Desk{Games: games, think: defineThink(games), waits: usualPatience}
	d.match = defineMatch(games, d.think, &d.waits)
	d.ticket = defineTicket()
	d.queue = defineMatchmaker(games, d.match, d.ticket)
	return d
}

// Orchestrations are the desk's orchestrations and activities.
func (d *Desk) Orchestrations() []orchestrator.Definition {
	return []orchestrator.Definition{d.match, d.think, d.ticket, d.queue}
}

// Entities are the desk's entities.
func (d *Desk) Entities() []entities.Definition {
	return []entities.Definition{players, codes, leaderboards}
}

// Open connects the desk to the engine. Nothing else may be called before.
func (d *Desk) Open(client *orchestrator.Client, e *entities.Client) {
	d.client, d.entities = client, e
}

// Resolve gives the id of a match by its id or its code. An id is not looked up;
// a code that leads nowhere is a Refusal with CodeNotFound.
func (d *Desk) Resolve(idOrCode string) (string, error) {
	code, ok := ParseCode(idOrCode)
	if !ok {
		if !validID(idOrCode) {
			return "", refuse(CodeNotFound, "There is no such match")
		}
		return idOrCode, nil
	}
	s, _, exists, err := codes.Read(d.entities, code)
	if err != nil {
		return "", err
	}
	if !exists || !s.leads(time.UnixMilli(d.client.Now(code).Wall)) {
		return "", refuse(CodeNotFound, "No match has the code "+code)
	}
	return s.Match, nil
}

// Match is how a match stands, and the number of its last event.
func (d *Desk) Match(id string) (Summary, uint64, error) {
	status, err := d.client.Status(id)
	if isCode(err, orchestrator.CodeNotFound) {
		return Summary{}, 0, refuse(CodeNotFound, "There is no such match")
	}
	if err != nil {
		return Summary{}, 0, err
	}
	s, err := summaryOf(status)
	return s, status.Events, err
}

// summaryOf reads the custom status of a match.
func summaryOf(status orchestrator.Status) (s Summary, err error) {
	if status.Name != MatchName || len(status.Custom) == 0 {
		return s, refuse(CodeNotFound, "There is no such match")
	}
	if err = json.Unmarshal(status.Custom, &s); err != nil {
		err = fmt.Errorf("game: status of match %s: %w", status.ID, err)
	}
	return s, err
}

// Command asks something of a match in the name of a player. The id is the
// client's own for this request: repeated, it gives the same answer and does
// nothing. Done is called once, from a goroutine of the engine (or by Command
// itself, for what is no command), and must not block. Refused commands leave no
// trace.
func (d *Desk) Command(match string, player, id string, c Command, done func(Ack, error)) {
	if refused := c.check(); refused != nil {
		done(Ack{}, refused)
		return
	}
	Commands.Post(d.client, match, c, func(ack Ack, err error) { done(ack, asRefusal(err)) }, orchestrator.RequestID(player, id))
}

// Presence tells a match that the player of a seat has gone, or is back. It is
// heard while a game is played; what is known already changes nothing. Nobody
// learns what became of it, and it may be called from any goroutine.
func (d *Desk) Presence(match string, seat int, here bool) {
	Commands.Post(d.client, match, Command{Kind: commandPresence, Seat: seat, Here: here}, func(Ack, error) {})
}

// Join takes the next open seat of a match, or finds the seat that the player
// has already, also when the match is over for good. It is a Refusal with
// CodeFull if all are taken, with CodeGameOver if nobody plays here any more.
func (d *Desk) Join(ctx context.Context, match string, player Player) (int, error) {
	ack, err := Commands.Do(ctx, d.client, match, Command{Kind: CommandJoin, Name: player.Name}, orchestrator.RequestID(player.ID, ""))
	err = asRefusal(err)
	if isRefusal(err, CodeGameOver) {
		if s, _, err := d.Match(match); err == nil && s.SeatOf(player.ID) != Watcher {
			return s.SeatOf(player.ID), nil
		}
	}
	return ack.Seat, err
}

func isRefusal(err error, code Code) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Code == code
}

// asRefusal turns the failure of a match into what it was made of, and those of
// the engine into what they mean to a player.
func asRefusal(err error) error {
	var f *orchestrator.Failure
	if !errors.As(err, &f) {
		return err
	}
	switch f.Code {
	case orchestrator.CodeNotFound:
		return refuse(CodeNotFound, "There is no such match")
	case orchestrator.CodeGone, orchestrator.CodeEnded:
		return refuse(CodeGameOver, "The match is over")
	case orchestrator.Code(CodeFull), orchestrator.Code(CodeGameOver), orchestrator.Code(CodeStale), orchestrator.Code(CodeTooEarly),
		orchestrator.Code(CodeNotYourTurn), orchestrator.Code(CodeIllegalMove), orchestrator.Code(CodeNotAPlayer), orchestrator.CodeBadRequest,
		orchestrator.Code(CodeForbidden):
		return refuse(Code(f.Code), f.Message)
	}
	return err
}

func isCode(err error, code orchestrator.Code) bool {
	var f *orchestrator.Failure
	return errors.As(err, &f) && f.Code == code
}
