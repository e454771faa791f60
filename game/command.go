package game

import (
	"fmt"

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
)

// The acts that a match knows.
const (
	ActReady   = "ready"
	ActResign  = "resign"
	ActRematch = "rematch"
)

// Command is one request to a match.
type Command struct {
	Kind CommandKind `json:"k"`
	Name string      `json:"n,omitempty"`   // join: of the player, as shown
	Move string      `json:"m,omitempty"`   // move
	Act  string      `json:"a,omitempty"`   // act
	Seq  *uint64     `json:"seq,omitempty"` // move: refused if the position has gone on since this event
}

// check refuses what no match understands.
func (c *Command) check() *Refusal {
	switch c.Kind {
	case CommandJoin, CommandMove:
		return nil
	case CommandAct:
		switch c.Act {
		case ActReady, ActResign, ActRematch:
			return nil
		}
		return &Refusal{CodeBadRequest, fmt.Sprintf("This server does not know %.40q yet", c.Act)}
	}
	return &Refusal{CodeBadRequest, fmt.Sprintf("A match knows no command %.40q", c.Kind)}
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
