package wire

import "encoding/json"

// ServerFrame is a frame from the server: exactly one of Hello, Sync, Ev, Live, Ack, Nack, Pong, Restarting and Error,
// as a value.
//
// Views, matches, event data and clocks are JSON that the caller has encoded, so that one encoding serves all sockets
// that show it. Append copies it unread: it must be valid and of the stated type.
type ServerFrame interface {
	// Append writes the frame's JSON behind dst.
	Append(dst []byte) []byte
	// Type returns the frame's field t.
	Type() Type
	fromServer()
}

// Hello is the first frame on a connection.
type Hello struct {
	Proto  int64  // the protocol's version: Proto
	Boot   string // changes with every start of the server
	Epoch  int64  // changes when numbers may have been lost: a client then forgets its own
	Server string // the server's version
	Player string // whose session this is
	Ping   int64  // PingEvery in milliseconds
	Max    int64  // MaxInbound
	Now    int64  // the server's time in milliseconds since 1970
}

// Sync is the full view of a match at event Seq; it replaces all before.
type Sync struct {
	Match string // the match id
	Seq   int64
	Seat  int64           // the viewer's, or SeatWatcher
	View  json.RawMessage // an object: the position as this viewer may see it
	Info  json.RawMessage // an object, the field match: who plays what
	Clock json.RawMessage // see Clock; empty where the match has none
	Reset bool            // the client asked for a number that is not of this match
}

// Ev is event Seq of a match as this viewer may see it. Without a Kind it is one that this viewer may not see: then only
// its number is sent.
type Ev struct {
	Match string
	Seq   int64
	Kind  Kind
	Data  json.RawMessage // an object, the field d; empty is {}
	View  json.RawMessage // an object: the view after the event; only in the last visible event of those sent together
	Clock json.RawMessage // likewise; see Clock. Left out where empty
}

// Live says that the backlog of a watch is done: what comes now is happening now.
type Live struct {
	Match string
	Seq   int64
	View  json.RawMessage // as in Sync
	Info  json.RawMessage // as in Sync
	Clock json.RawMessage // as in Sync
}

// Ack says that a command is on disk, as event Seq.
type Ack struct {
	ID    string // the command's
	Match string
	Seq   int64
}

// Nack says that a command was refused and not applied.
type Nack struct {
	ID    string // the command's
	Match string // empty if the command named no well-formed match
	Code  Code
	Msg   string // a sentence that a player can read
	Retry int64  // milliseconds after which to try again; left out when 0
}

// Pong answers a Ping.
type Pong struct {
	C   int64 // the ping's
	Now int64 // the server's time in milliseconds since 1970
}

// Restarting says that the server is about to stop gracefully.
type Restarting struct {
	In int64 // milliseconds from now
}

// Error is about the connection, a watch, or a frame without a usable id.
type Error struct {
	Code  Code
	Msg   string // a sentence that a player can read
	Match string // left out when empty
}

// Type returns TypeHello.
func (Hello) Type() Type { return TypeHello }

// Type returns TypeSync.
func (Sync) Type() Type { return TypeSync }

// Type returns TypeEv.
func (Ev) Type() Type { return TypeEv }

// Type returns TypeLive.
func (Live) Type() Type { return TypeLive }

// Type returns TypeAck.
func (Ack) Type() Type { return TypeAck }

// Type returns TypeNack.
func (Nack) Type() Type { return TypeNack }

// Type returns TypePong.
func (Pong) Type() Type { return TypePong }

// Type returns TypeRestarting.
func (Restarting) Type() Type { return TypeRestarting }

// Type returns TypeError.
func (Error) Type() Type { return TypeError }

func (Hello) fromServer()      {}
func (Sync) fromServer()       {}
func (Ev) fromServer()         {}
func (Live) fromServer()       {}
func (Ack) fromServer()        {}
func (Nack) fromServer()       {}
func (Pong) fromServer()       {}
func (Restarting) fromServer() {}
func (Error) fromServer()      {}

// Append writes the frame's JSON behind dst.
func (f Hello) Append(dst []byte) []byte {
	dst = begin(dst, TypeHello)
	dst = appendInt(dst, "proto", f.Proto)
	dst = appendText(dst, "boot", f.Boot)
	dst = appendInt(dst, "epoch", f.Epoch)
	dst = appendText(dst, "server", f.Server)
	dst = appendText(dst, "player", f.Player)
	dst = appendInt(dst, "ping", f.Ping)
	dst = appendInt(dst, "max", f.Max)
	dst = appendInt(dst, "now", f.Now)
	return append(dst, '}')
}

// Append writes the frame's JSON behind dst.
func (f Sync) Append(dst []byte) []byte {
	dst = begin(dst, TypeSync)
	dst = appendText(dst, "m", f.Match)
	dst = appendInt(dst, "seq", f.Seq)
	dst = appendInt(dst, "seat", f.Seat)
	dst = appendRaw(dst, "view", f.View)
	dst = appendRaw(dst, "match", f.Info)
	dst = appendRaw(dst, "clock", f.Clock)
	if f.Reset {
		dst = append(dst, `,"reset":true`...)
	}
	return append(dst, '}')
}

// Append writes the frame's JSON behind dst.
func (f Ev) Append(dst []byte) []byte {
	dst = begin(dst, TypeEv)
	dst = appendText(dst, "m", f.Match)
	dst = appendInt(dst, "seq", f.Seq)
	if f.Kind == "" {
		// Nothing else, whatever the caller has set: this is the last door before the viewer.
		return append(dst, '}')
	}
	dst = appendText(dst, "k", string(f.Kind))
	if len(f.Data) == 0 {
		dst = append(dst, `,"d":{}`...)
	} else {
		dst = appendRaw(dst, "d", f.Data)
	}
	if len(f.View) > 0 {
		dst = appendRaw(dst, "view", f.View)
	}
	if len(f.Clock) > 0 {
		dst = appendRaw(dst, "clock", f.Clock)
	}
	return append(dst, '}')
}

// Append writes the frame's JSON behind dst.
func (f Live) Append(dst []byte) []byte {
	dst = begin(dst, TypeLive)
	dst = appendText(dst, "m", f.Match)
	dst = appendInt(dst, "seq", f.Seq)
	dst = appendRaw(dst, "view", f.View)
	dst = appendRaw(dst, "match", f.Info)
	dst = appendRaw(dst, "clock", f.Clock)
	return append(dst, '}')
}

// Append writes the frame's JSON behind dst.
func (f Ack) Append(dst []byte) []byte {
	dst = begin(dst, TypeAck)
	dst = appendText(dst, "id", f.ID)
	dst = appendText(dst, "m", f.Match)
	dst = appendInt(dst, "seq", f.Seq)
	return append(dst, '}')
}

// Append writes the frame's JSON behind dst.
func (f Nack) Append(dst []byte) []byte {
	dst = begin(dst, TypeNack)
	dst = appendText(dst, "id", f.ID)
	dst = appendText(dst, "m", f.Match)
	dst = appendText(dst, "code", string(f.Code))
	dst = appendText(dst, "msg", f.Msg)
	if f.Retry != 0 {
		dst = appendInt(dst, "retry", f.Retry)
	}
	return append(dst, '}')
}

// Append writes the frame's JSON behind dst.
func (f Pong) Append(dst []byte) []byte {
	dst = begin(dst, TypePong)
	dst = appendInt(dst, "c", f.C)
	dst = appendInt(dst, "now", f.Now)
	return append(dst, '}')
}

// Append writes the frame's JSON behind dst.
func (f Restarting) Append(dst []byte) []byte {
	dst = begin(dst, TypeRestarting)
	dst = appendInt(dst, "in", f.In)
	return append(dst, '}')
}

// Append writes the frame's JSON behind dst.
func (f Error) Append(dst []byte) []byte {
	dst = begin(dst, TypeError)
	dst = appendText(dst, "code", string(f.Code))
	dst = appendText(dst, "msg", f.Msg)
	if f.Match != "" {
		dst = appendText(dst, "m", f.Match)
	}
	return append(dst, '}')
}
