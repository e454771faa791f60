package game

import (
	"context"
	"time"

	"github.com/everturn/everturn/orchestrator"
)

// The operations of codes and players, for the tests of them alone.
var (
	CodeClaim, CodeKeep, CodeFree = codeClaim, codeKeep, codeFree
	PlayerEnter                   = playerEnter
)

// CodeUse is the input of a code's operations.
func CodeUse(match string) codeUse { return codeUse{Match: match} }

// SignIn is the input of PlayerEnter, for a token.
func SignIn(name, token string) signIn { return signIn{Name: name, Hash: hashToken(token)} }

// CodeLeads says whether a code that was used so leads to its match at a time.
func CodeLeads(match string, until int64, now time.Time) bool {
	s := codeState{Match: match, Until: until}
	return s.leads(now)
}

// Hurry has the matches of a desk wait only so long for people. It is to be
// called before the desk is opened.
func (d *Desk) Hurry(open, ready, rematch time.Duration) {
	d.waits.open, d.waits.ready, d.waits.rematch = open, ready, rematch
}

// Shorten has the matches of a desk go on in a new generation after so many
// commands. It is to be called before the desk is opened.
func (d *Desk) Shorten(history int) { d.waits.history = history }

// Burden has matches stay in their generation that would hand on more bytes.
func (d *Desk) Burden(midway int) { d.waits.midway = midway }

// MayOffer, MayAnswer and Claim are the table's rules of who may do what.
func (t *Table) MayOffer(seat int, what string) *Refusal  { return t.mayOffer(seat, what) }
func (t *Table) MayAnswer(seat int, what string) *Refusal { return t.mayAnswer(seat, what) }

func (t *Table) Claim(seat int, absent []Absence) (*Result, *Refusal) { return t.claim(seat, absent) }

// Begin makes a match of a specification, as the queue does.
func (d *Desk) Begin(ctx context.Context, id string, spec Spec) error {
	_, err := d.match.Begin(ctx, d.client, spec, orchestrator.WithID(id))
	return err
}

// NewID is the id of a new match.
var NewID = newID

// EnqueueRated is Enqueue for a player with a rating of the test's choosing.
func (d *Desk) EnqueueRated(ctx context.Context, player Player, in NewTicket, rating float64) (string, error) {
	id, err := d.enter(ctx, in.pool(), entry{Ticket: newID(), Player: player.ID, Name: player.Name, Rating: rating})
	if err == nil {
		_, err = d.awaitTicket(ctx, id, func(ticketStatus) bool { return true })
	}
	return id, err
}

// Matchmaker is the id of the orchestration that pairs such tickets.
func (in NewTicket) Matchmaker() string { p := in.pool(); return p.id() }

// The limits of the queue.
const (
	MaxQueued           = maxQueued
	EventsPerGeneration = eventsPerGeneration
	PoolKept            = poolKept
)
