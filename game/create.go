package game

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/everturn/everturn/orchestrator"
)

// NewMatch is what is asked for a new match.
type NewMatch struct {
	Game    string          `json:"game"`
	Seats   []string        `json:"seats"` // of the other seats: "open", "bot:1" to "bot:3"
	Clock   *ClockSpec      `json:"clock"`
	Options json.RawMessage `json:"options"`
	Private bool            `json:"private"`
	Rated   bool            `json:"rated"`
}

// Made is a new match.
type Made struct {
	ID   string `json:"id"`
	Code string `json:"code"`
	Seat int    `json:"seat"`
}

// Create makes a match in which the player has seat 0. With a key (the client's
// idempotency key) a repetition gives the same match; the same key for another
// request is a Refusal with CodeConflict.
func (d *Desk) Create(ctx context.Context, player Player, in NewMatch, key string) (Made, error) {
	id := newID()
	if key != "" {
		id = derivedID(player.ID, key)
	}
	spec, err := d.spec(id, player, in)
	if err != nil {
		return Made{}, err
	}
	if key != "" {
		if made, ok, err := d.repeated(id, spec.Asked); ok || err != nil {
			return made, err
		}
	}
	if spec.Code, err = d.claimCode(ctx, id); err != nil {
		return Made{}, err
	}
	opts := []orchestrator.StartOption{orchestrator.WithID(id)}
	if key != "" {
		opts = append(opts, orchestrator.Once())
	}
	_, err = d.match.Begin(ctx, d.client, spec, opts...)
	if isCode(err, orchestrator.CodeConflict) { // the same request, at the same time
		made, ok, err := d.repeated(id, spec.Asked)
		if err == nil && !ok {
			err = orchestrator.Fail(orchestrator.CodeBusy, "The same request is being dealt with; try again")
		}
		return made, err
	}
	return Made{ID: id, Code: spec.Code}, err
}

// spec checks what is asked and makes the input of the match id out of it.
func (d *Desk) spec(id string, player Player, in NewMatch) (Spec, error) {
	rules, err := d.Games.Get(in.Game)
	if err != nil {
		return Spec{}, err
	}
	info := rules.Info()
	seats, bots, err := parseSeats(info, in.Seats)
	if err != nil {
		return Spec{}, err
	}
	seats[0] = Seat{Player: player.ID, Name: player.Name}
	switch {
	case in.Rated && bots:
		return Spec{}, refuse(CodeBadRequest, "A match with a bot cannot be rated")
	case in.Rated && (info.Coop || len(seats) != 2):
		return Spec{}, refuse(CodeBadRequest, "Only a match of two against each other can be rated")
	case in.Clock != nil && !info.Clock:
		return Spec{}, refuse(CodeBadRequest, info.Name+" is not played with a clock")
	}
	if in.Clock != nil {
		if err := in.Clock.Check(); err != nil {
			return Spec{}, err
		}
	}
	setup, err := NewSetup(info, len(seats), 0, in.Options, newSeed())
	if err != nil {
		return Spec{}, err
	}
	if _, err := rules.New(setup); err != nil { // options that do not go together
		return Spec{}, refuse(CodeBadRequest, err.Error())
	}
	asked, err := json.Marshal(in)
	if err != nil {
		return Spec{}, refuse(CodeBadRequest, "The request cannot be read")
	}
	sum := sha256.Sum256(asked)
	return Spec{
		Game: info.ID, Options: setup.Options, Seats: seats, Clock: in.Clock, Rated: in.Rated, Private: in.Private,
		Created: d.client.Now(id).Wall, Seed: setup.Seed, Asked: idText(sum[:12]),
	}, nil
}

// parseSeats reads who sits beside the caller; seat 0 is the caller's.
func parseSeats(info Info, others []string) (seats []Seat, bots bool, err error) {
	if others == nil {
		seats = make([]Seat, info.MinSeats)
	} else {
		seats = make([]Seat, 1+min(len(others), info.MaxSeats))
	}
	if n := 1 + len(others); others != nil && (n < info.MinSeats || n > info.MaxSeats) {
		return nil, false, refuse(CodeBadRequest, fmt.Sprintf("%s is for %s, not %d", info.Name, seatRange(info), n))
	}
	for i, who := range others {
		switch who {
		case "open":
		case "bot:1", "bot:2", "bot:3":
			strength := Strength(who[4] - '0')
			seats[i+1] = Seat{Name: botNames[strength], Bot: strength}
			bots = true
		default:
			return nil, false, refuse(CodeBadRequest, fmt.Sprintf(`Seat %d must be "open" or "bot:1" to "bot:3", not %.40q`, i+1, who))
		}
	}
	return seats, bots, nil
}

var botNames = map[Strength]string{Weakest: "Easy bot", Medium: "Bot", Strongest: "Strong bot"}

// repeated finds the match that an earlier request with the same key made.
func (d *Desk) repeated(id, asked string) (Made, bool, error) {
	status, err := d.client.Status(id)
	if isCode(err, orchestrator.CodeNotFound) {
		return Made{}, false, nil
	}
	if err != nil {
		return Made{}, false, err
	}
	s, err := summaryOf(status)
	if err != nil {
		return Made{}, false, err
	}
	if s.Asked != asked {
		return Made{}, false, refuse(CodeConflict, "This idempotency key was used for another request")
	}
	return Made{ID: id, Code: s.Code}, true, nil
}

// claimCode takes a code that leads to no other match.
func (d *Desk) claimCode(ctx context.Context, match string) (string, error) {
	for range 50 { // of some 800,000; only a nearly full house needs many
		code := randomCode()
		_, err := codeClaim.Do(ctx, d.entities, code, codeUse{Match: match})
		if !isCode(err, orchestrator.CodeConflict) {
			return code, err
		}
	}
	return "", orchestrator.Fail(orchestrator.CodeBusy, "There is no free code just now; try again")
}
