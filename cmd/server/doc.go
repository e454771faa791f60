// Command server is the Everturn server: it keeps matches, players and their histories in one directory, and serves the
// browser client, the HTTP API and the WebSocket.
//
//	go run ./cmd/server
//
// It is the only room of the house that knows everybody, and knows nothing else: settings.go has the flags, engine.go
// wires the store, the kernel and the games, run.go is the life of a server from start to drain. Each other subcommand has
// a file of its own. What a running server does for the other subcommands (they cannot open its directory beside it) goes
// through a Unix socket in that directory: control.go.
package main
