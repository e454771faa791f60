// Package bot plays against a server as people do: over HTTP and real WebSockets. It knows the frames (web/wire) and
// nothing else of the server; what may be moved it reads from the views that it is sent.
//
// A [Client] is one player's connection. It behaves as PROTOCOL's paragraph on clients says: when it is cut it comes back
// by itself, after a back-off; then it goes on watching behind the last event it has, and sends again what was not
// answered, in order and with the same ids. What must never happen on a connection, it checks for every frame: event
// numbers without gap, repeat or step back, exactly one answer to a command, and the same answer to the same id. The first
// breach ends Run with a [Breach].
//
// An [API] is the HTTP side. Its calls repeat themselves while the server is away, so that a kill in the middle is no
// error; those that make something carry an idempotency key.
package bot
