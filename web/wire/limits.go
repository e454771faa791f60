package wire

import "time"

// The protocol's name and version.
const (
	Subprotocol = "everturn.v1" // the WebSocket subprotocol; a client that does not ask for it gets HTTP 400
	Proto       = 1             // the number in hello
)

// Limits of a frame's fields. Characters are Unicode code points, whatever their length in bytes.
const (
	MaxInbound      = 8192      // bytes of a frame from a client
	MaxIDChars      = 64        // characters of a command's id; at least 1
	MaxMoveChars    = 128       // characters of a move; at least 1. The longest of a game of ours, a fleet, has 30
	MaxChatChars    = 200       // characters of a chat text; at least 1
	MinMatchIDChars = 16        // characters of a match id, each one of A-Z a-z 0-9 _ -
	MaxMatchIDChars = 64        // likewise
	MaxNumber       = 1<<53 - 1 // the largest whole number that JavaScript tells from its neighbours
)

// Limits of a connection.
const (
	PingEvery     = 15 * time.Second // between two WebSocket pings of the server
	ReadDeadline  = 35 * time.Second // without a frame or pong from the client, after which the connection is dropped
	WriteDeadline = 5 * time.Second  // for one write to the client

	OutFrames     = 256              // frames that may wait for a socket, or
	OutBytes      = 256 << 10        // bytes, before waiting events give way to a sync
	OverflowAgain = 10 * time.Second // a second overflow within this time closes with CloseTooSlow

	GoneAfter  = 10 * time.Second // without a watching socket of a player, after which the others are told
	ClaimAfter = 30 * time.Second // likewise, after which the game may be claimed

	MaxWatches = 16   // matches that a socket may watch
	MaxPending = 32   // unanswered commands of one player in one match, beyond which CodeBusy
	MaxBacklog = 1000 // missing events that a watch is sent one by one; more are answered by a sync

	FrameBurst      = 20 // frames of a socket at once (pings not counted), then
	FramesPerSecond = 10
	ChatBurst       = 5 // chat frames of a socket at once, then
	ChatsPerSecond  = 1
)
