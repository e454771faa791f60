package game

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/everturn/everturn/orchestrator"
)

// Commands are what people ask of a match: an external event of its
// orchestration that gets an answer after the commit. The caller of the request
// is the player's id, as the door knows it; a command is never anonymous.
var Commands = orchestrator.DefineRequest[Command, Ack]("command")

// CommandKind is what is asked.
type CommandKind string

// The kinds of commands.
const (
	CommandJoin CommandKind = "join"
	CommandMove CommandKind = "move"
	CommandAct  CommandKind = "act"
	CommandChat CommandKind = "chat"
	// commandPresence comes from the gateway alone: see [Desk.Presence].
	commandPresence CommandKind = "presence"
)

// The acts that a match knows.
const (
	ActReady           = "ready"
	ActResign          = "resign"
	ActDrawOffer       = "draw:offer"
	ActDrawAccept      = "draw:accept"
	ActDrawDecline     = "draw:decline"
	ActTakebackAsk     = "takeback:ask"
	ActTakebackAccept  = "takeback:accept"
	ActTakebackDecline = "takeback:decline"
	ActRematch         = "rematch"
	ActClaim           = "claim"
)

// maxChat is how long a chat text may be, in characters (code points).
const maxChat = 200

// Command is one request to a match.
type Command struct {
	Kind CommandKind `json:"k"`
	Name string      `json:"n,omitempty"`   // join: of the player, as shown
	Move string      `json:"m,omitempty"`   // move
	Act  string      `json:"a,omitempty"`   // act
	Seq  *uint64     `json:"seq,omitempty"` // move: refused if the position has gone on since this event
	Text string      `json:"t,omitempty"`   // chat

	// Absent are the seats that are not here, as the gateway knows it: what a
	// claim is judged by.
	Absent []Absence `json:"absent,omitempty"`
	// Seat and Here are what the gateway says of a seat: see [Desk.Presence].
	Seat int  `json:"s,omitempty"`
	Here bool `json:"here,omitempty"`
}

// Absence says for how long a seat has been away.
type Absence struct {
	Seat int   `json:"seat"`
	For  int64 `json:"for"` // milliseconds
}

// check refuses what no match understands.
func (c *Command) check() *Refusal {
	switch c.Kind {
	case CommandJoin, CommandMove:
		return nil
	case CommandChat:
		return checkText(c.Text)
	case CommandAct:
		switch c.Act {
		case ActReady, ActResign, ActDrawOffer, ActDrawAccept, ActDrawDecline,
			ActTakebackAsk, ActTakebackAccept, ActTakebackDecline, ActRematch, ActClaim:
			return nil
		}
		return &Refusal{CodeBadRequest, fmt.Sprintf("This server does not know %.40q yet", c.Act)}
	}
	return &Refusal{CodeBadRequest, fmt.Sprintf("A match knows no command %.40q", c.Kind)}
}

// checkText refuses a chat text that cannot be shown.
func checkText(text string) *Refusal {
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text):
		return &Refusal{CodeBadRequest, "The text is not valid Unicode"}
	case n > maxChat:
		return &Refusal{CodeBadRequest, fmt.Sprintf("The text has %d characters; a line has at most %d", n, maxChat)}
	}
	blank := true
	for _, r := range text {
		if unicode.IsControl(r) {
			return &Refusal{CodeBadRequest, "The text has a control character"}
		}
		blank = blank && unicode.IsSpace(r)
	}
	if blank {
		return &Refusal{CodeBadRequest, "The text says nothing"}
	}
	return nil
}

// Ack is the answer to an accepted command: it is on disk, as this event (or,
// where it makes none, as of this event).
type Ack struct {
	Seq  uint64 `json:"seq"`
	Seat int    `json:"seat"`
}

// Codes of refusals beside those of the rules; the values are the wire's.
const (
	CodeNotAPlayer Code = "not_a_player"
	CodeFull       Code = "full"
	CodeStale      Code = "stale"
	CodeTooEarly   Code = "too_early"
	CodeInternal   Code = "internal"
	CodeNotFound   Code = "not_found"
	CodeConflict   Code = "conflict"

	CodeUnauthorized Code = "unauthorized"
	CodeForbidden    Code = "forbidden"
)

// failure is a refusal as it leaves the orchestration.
func (r *Refusal) failure() *orchestrator.Failure {
	return orchestrator.Fail(orchestrator.Code(r.Code), r.Message)
}
