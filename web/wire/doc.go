// Package wire is the protocol of the WebSocket, everturn.v1, as a closed list: every frame, error code, close code,
// event kind and act there is, and nothing else. The gateway, the bots and the tests share it; the browser reads the
// same golden frames (testdata/wire).
//
// Both ways, a frame is a small struct with an Append method that writes its one exact text:
//
//	client → server   Watch Unwatch Move Act Chat Ping                      Decode, Append
//	server → client   Hello Sync Ev Live Ack Nack Pong Restarting Error     DecodeServer, Append
//
// Reading is strict. Which field a frame may have, and of which type, is one table (shapes.go); a frame that does not
// fit it is refused with a sentence that names the field and its limit. [Decode] also says how the refusal is to be
// answered: by closing, by a nack, or by an error frame.
//
// JSON is read and written by hand, not by reflection: a frame from a player is the one thing that the server does tens
// of thousands of times a second for people it does not know. encoding/json is the oracle of the fuzz tests instead.
//
// Everything here is a pure function of its arguments and may be called from any goroutine. Times are milliseconds, and
// whole numbers are below 2^53, so that a browser can hold them exactly.
package wire
