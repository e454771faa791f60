// Package gateway is the WebSocket door of Everturn: it speaks everturn.v1 (package web/wire) with browsers and bots,
// hands commands to the desk (package game), and shows matches to whoever watches them.
//
// It holds no truth. Whatever is here can be lost with the process: a client reconnects, says which event it saw last,
// and goes on without a gap. So there is one rule for what is slow or broken: drop what waits, and make it good by a
// sync from the room.
//
//	socket ── read pump ──► desk.Command ──► engine ──► ack ─────────────┐
//	                  └───► watch ──► room                               ▼
//	        engine ──► follower ──► room: one encoding a kind of viewer ─► outbox ──► writer ── socket
//
// # What belongs to whom
//
// A socket has one goroutine, and a second while there is something to write. The read pump takes frames, one after the other, and owns the list of what the socket
// watches. The writer owns the connection's writing half: it empties the outbox, as many frames to one system call
// as are there, and pulls from rooms what its viewers lack.
//
// A room is a match that somebody here watches: one goroutine that follows it. Its goroutine alone touches the
// follower; what others need of the match is a copy behind the room's lock.
//
// Locks are taken in this order, and never the other way round:
//
//	Gateway.mu (who is here) → room.mu (the match as shown, who watches) → outbox.mu (what waits for one socket)
//
// # Pushed and pulled
//
// A viewer is live, behind or stale (see viewing). To a live one the room pushes. One that is behind (it came back with
// "after") is served by its own writer, a chunk at a time, from the room's recent events or from the database, so
// that a long backlog costs neither memory nor anybody else's time; with the last chunk it becomes live under the
// room's lock, which is why nothing is lost or repeated between the two. A stale one gets the full view when its
// socket can next be written to.
//
// # Who is here
//
// A room knows which players have a socket that watches their match, and tells the match who is gone, or back (see
// presence.go). That is memory, too: after a start everybody counts as having just left. The match makes events of it,
// and they come back like all others. A room has one timer for it, set only while somebody is missing who plays.
package gateway
