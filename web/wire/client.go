package wire

// ClientFrame is a frame from a client: exactly one of Watch, Unwatch, Move, Act, Chat and Ping, as a value.
type ClientFrame interface {
	// Append writes the frame's JSON behind dst.
	Append(dst []byte) []byte
	// Type returns the frame's field t.
	Type() Type
	fromClient()
}

// Optional is a whole number that a frame may leave out; the zero value is left out.
type Optional struct {
	N   int64
	Set bool
}

// Some returns a number that is there.
func Some(n int64) Optional { return Optional{N: n, Set: true} }

// Watch asks to follow a match: from the event behind After on or, without After, from a fresh view.
type Watch struct {
	Match string
	After Optional // the last event that the client has; 0 is before the first
	Epoch Optional // the epoch in which After was counted
}

// Unwatch ends a Watch.
type Unwatch struct {
	Match string
}

// Move is a command: a move in a match.
type Move struct {
	ID    string // the client's idempotency key, 1 to MaxIDChars characters
	Match string
	Move  string   // as the game writes its moves, 1 to MaxMoveChars characters; only the game knows which are legal
	Seq   Optional // refused as CodeStale if the phase is no longer the one after this event
}

// Act is a command: what a player of a match may do besides moving.
type Act struct {
	ID    string // as in Move
	Match string
	Act   Action
}

// Chat is a command: a line to the others in a match.
type Chat struct {
	ID    string // as in Move
	Match string
	Text  string // 1 to MaxChatChars characters
}

// Ping asks for a Pong.
type Ping struct {
	C int64 // the client's time in milliseconds, given back as it is
}

// Type returns TypeWatch.
func (Watch) Type() Type { return TypeWatch }

// Type returns TypeUnwatch.
func (Unwatch) Type() Type { return TypeUnwatch }

// Type returns TypeMove.
func (Move) Type() Type { return TypeMove }

// Type returns TypeAct.
func (Act) Type() Type { return TypeAct }

// Type returns TypeChat.
func (Chat) Type() Type { return TypeChat }

// Type returns TypePing.
func (Ping) Type() Type { return TypePing }

func (Watch) fromClient()   {}
func (Unwatch) fromClient() {}
func (Move) fromClient()    {}
func (Act) fromClient()     {}
func (Chat) fromClient()    {}
func (Ping) fromClient()    {}

// Append writes the frame's JSON behind dst.
func (f Watch) Append(dst []byte) []byte {
	dst = begin(dst, TypeWatch)
	dst = appendText(dst, "m", f.Match)
	dst = appendOptional(dst, "after", f.After)
	dst = appendOptional(dst, "epoch", f.Epoch)
	return append(dst, '}')
}

// Append writes the frame's JSON behind dst.
func (f Unwatch) Append(dst []byte) []byte {
	dst = begin(dst, TypeUnwatch)
	dst = appendText(dst, "m", f.Match)
	return append(dst, '}')
}

// Append writes the frame's JSON behind dst.
func (f Move) Append(dst []byte) []byte {
	dst = begin(dst, TypeMove)
	dst = appendText(dst, "id", f.ID)
	dst = appendText(dst, "m", f.Match)
	dst = appendText(dst, "move", f.Move)
	dst = appendOptional(dst, "seq", f.Seq)
	return append(dst, '}')
}

// Append writes the frame's JSON behind dst.
func (f Act) Append(dst []byte) []byte {
	dst = begin(dst, TypeAct)
	dst = appendText(dst, "id", f.ID)
	dst = appendText(dst, "m", f.Match)
	dst = appendText(dst, "act", string(f.Act))
	return append(dst, '}')
}

// Append writes the frame's JSON behind dst.
func (f Chat) Append(dst []byte) []byte {
	dst = begin(dst, TypeChat)
	dst = appendText(dst, "id", f.ID)
	dst = appendText(dst, "m", f.Match)
	dst = appendText(dst, "text", f.Text)
	return append(dst, '}')
}

// Append writes the frame's JSON behind dst.
func (f Ping) Append(dst []byte) []byte {
	dst = begin(dst, TypePing)
	dst = appendInt(dst, "c", f.C)
	return append(dst, '}')
}
