// Package web is the door of Everturn for browsers and programs: the HTTP API, the files of the client, health and
// metrics. What it knows of games it asks the desk (package game); sockets belong to web/gateway, which it makes and
// tells who may connect.
//
//	request ── observe ── harden ── guard ── route ── handler ── desk
//	           answers,   security  Host,    body, query, session:
//	           counts,    headers   Origin   strictly read
//	           logs
//
// Handlers return errors. One place (errors.go) maps them to a status and a code of web/wire; one place (observe.go)
// answers with them. The README is the reference of all routes, frames, codes and limits.
//
// A [Server] keeps nothing that must outlive it: sessions, matches and idempotency keys are in the engine. What it
// holds in memory, the rate limits by address, may be lost with the process.
package web
