package wire

import "slices"

// Type is the field t of a frame.
type Type string

// The closed list of frame types, from the client and from the server.
const (
	TypeWatch   Type = "watch"
	TypeUnwatch Type = "unwatch"
	TypeMove    Type = "move"
	TypeAct     Type = "act"
	TypeChat    Type = "chat"
	TypePing    Type = "ping"

	TypeHello      Type = "hello"
	TypeSync       Type = "sync"
	TypeEv         Type = "ev"
	TypeLive       Type = "live"
	TypeAck        Type = "ack"
	TypeNack       Type = "nack"
	TypePong       Type = "pong"
	TypeRestarting Type = "restarting"
	TypeError      Type = "error"
)

// Action is what an act frame asks for.
type Action string

// The closed list of acts.
const (
	ActReady           Action = "ready"
	ActResign          Action = "resign"
	ActDrawOffer       Action = "draw:offer"
	ActDrawAccept      Action = "draw:accept"
	ActDrawDecline     Action = "draw:decline"
	ActTakebackAsk     Action = "takeback:ask"
	ActTakebackAccept  Action = "takeback:accept"
	ActTakebackDecline Action = "takeback:decline"
	ActRematch         Action = "rematch"
	ActClaim           Action = "claim" // the opponent is gone
)

// Kind is the kind of an event, the same for all games.
type Kind string

// The closed list of event kinds.
const (
	KindJoined    Kind = "joined"
	KindReady     Kind = "ready"
	KindStarted   Kind = "started"
	KindMoved     Kind = "moved"
	KindRevealed  Kind = "revealed"
	KindLapsed    Kind = "lapsed"
	KindOffered   Kind = "offered"
	KindAnswered  Kind = "answered"
	KindTakenback Kind = "takenback"
	KindGone      Kind = "gone"
	KindBack      Kind = "back"
	KindEnded     Kind = "ended"
	KindSettled   Kind = "settled"
	KindChat      Kind = "chat"
)

// State is the state of a match.
type State string

// The closed list of match states.
const (
	StateOpen     State = "open"
	StateReady    State = "ready"
	StatePlaying  State = "playing"
	StateFinished State = "finished"
	StateVoid     State = "void"
)

// SeatWatcher is the seat of whoever watches without playing; seats count from 0.
const SeatWatcher = -1

var (
	clientTypes = [...]Type{TypeWatch, TypeUnwatch, TypeMove, TypeAct, TypeChat, TypePing}
	serverTypes = [...]Type{
		TypeHello, TypeSync, TypeEv, TypeLive, TypeAck, TypeNack, TypePong, TypeRestarting, TypeError,
	}
	actions = [...]Action{
		ActReady, ActResign, ActDrawOffer, ActDrawAccept, ActDrawDecline,
		ActTakebackAsk, ActTakebackAccept, ActTakebackDecline, ActRematch, ActClaim,
	}
	kinds = [...]Kind{
		KindJoined, KindReady, KindStarted, KindMoved, KindRevealed, KindLapsed, KindOffered, KindAnswered,
		KindTakenback, KindGone, KindBack, KindEnded, KindSettled, KindChat,
	}
	states = [...]State{StateOpen, StateReady, StatePlaying, StateFinished, StateVoid}
)

// ClientTypes returns the closed list of frame types that clients send.
func ClientTypes() []Type { return slices.Clone(clientTypes[:]) }

// ServerTypes returns the closed list of frame types that the server sends.
func ServerTypes() []Type { return slices.Clone(serverTypes[:]) }

// Actions returns the closed list of acts.
func Actions() []Action { return slices.Clone(actions[:]) }

// Kinds returns the closed list of event kinds.
func Kinds() []Kind { return slices.Clone(kinds[:]) }

// States returns the closed list of match states.
func States() []State { return slices.Clone(states[:]) }

// Known says whether the act is in the closed list.
func (a Action) Known() bool { return slices.Contains(actions[:], a) }

// Known says whether the kind is in the closed list.
func (k Kind) Known() bool { return slices.Contains(kinds[:], k) }

// Known says whether the state is in the closed list.
func (s State) Known() bool { return slices.Contains(states[:], s) }
