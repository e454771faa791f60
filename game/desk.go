package game

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
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
	think    *orchestrator.Activity[Thought, string]
	sessions sessionCache
}

// NewDesk makes the desk for the games of a catalog. Its definitions go into
// the registries; Open connects it.
func NewDesk(games Catalog) *Desk {
	d := &Desk{Games: games, think: defineThink(games)}
	d.match = defineMatch(games, d.think)
	return d
}

// Orchestrations are the desk's orchestrations and activities.
func (d *Desk) Orchestrations() []orchestrator.Definition {
	return []orchestrator.Definition{d.match, d.think}
}

// Entities are the desk's entities.
func (d *Desk) Entities() []entities.Definition { return []entities.Definition{players, codes} }

// Open connects the desk to the engine. Nothing else may be called before.
func (d *Desk) Open(client *orchestrator.Client, e *entities.Client) {
	d.client, d.entities = client, e
}

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
	if status.Name != matchName || len(status.Custom) == 0 {
		return s, refuse(CodeNotFound, "There is no such match")
	}
	if err = json.Unmarshal(status.Custom, &s); err != nil {
		err = fmt.Errorf("game: status of match %s: %w", status.ID, err)
	}
	return s, err
}

// Command asks something of a match in the name of a player. The id is the
// client's own for this request: repeated, it gives the same answer and does
// nothing. Done is called once, from a goroutine of the engine, and must not
// block. Refused commands leave no trace.
func (d *Desk) Command(match string, player, id string, c Command, done func(Ack, error)) {
	Commands.Post(d.client, match, c, func(ack Ack, err error) { done(ack, asRefusal(err)) }, orchestrator.RequestID(player, id))
}

// Join takes the next open seat of a match, or finds the seat that the player
// has already.
func (d *Desk) Join(ctx context.Context, match string, player Player) (int, error) {
	ack, err := Commands.Do(ctx, d.client, match, Command{Kind: CommandJoin, Name: player.Name}, orchestrator.RequestID(player.ID, ""))
	return ack.Seat, asRefusal(err)
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
		orchestrator.Code(CodeNotYourTurn), orchestrator.Code(CodeIllegalMove), orchestrator.Code(CodeNotAPlayer), orchestrator.CodeBadRequest:
		return refuse(Code(f.Code), f.Message)
	}
	return err
}

func isCode(err error, code orchestrator.Code) bool {
	var f *orchestrator.Failure
	return errors.As(err, &f) && f.Code == code
}

// Ids are 26 characters of base 32; who does not know one cannot guess it.
var idCoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func idText(b []byte) string { return idCoding.EncodeToString(b) }

func newID() string { return idText(randomBytes(16)) }

// derivedID is the same for the same key of the same caller.
func derivedID(caller, key string) string {
	sum := sha256.Sum256([]byte(caller + "\x00" + key))
	return idText(sum[:16])
}

func validID(s string) bool {
	if len(s) != 26 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

func newSeed() Seed { return Seed(randomBytes(32)) }

func randomCode() string {
	b := make([]byte, CodeLength)
	for i := range b {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(CodeAlphabet)))) //nolint:forbidigo // at the door, not in a turn
		if err != nil {
			panic(err) // crypto/rand does not fail
		}
		b[i] = CodeAlphabet[n.Int64()]
	}
	return string(b)
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) //nolint:errcheck,forbidigo // never fails; at the door, not in a turn
	return b
}
