package main

import (
	"net"

	"github.com/everturn/everturn/cmd/internal/inspected"
	"github.com/everturn/everturn/cmd/workshop"
	"github.com/everturn/everturn/web"
	"github.com/everturn/everturn/web/inspect"
	"github.com/everturn/everturn/web/manage"
)

// rooms are what the server has beside the games.
func rooms(s *settings, e *engine, boot string) []web.Room {
	seen := inspected.Of(e.host, e.store, s.Durability.mode(), version(), boot)
	seen.Workshop = s.Workshop
	list := []web.Room{
		{Mount: manage.New(manage.Options{
			Orchestrations: e.client, Definitions: e.orchestrations, Entities: e.entityClient, EntityTypes: e.entities, PublicURL: string(s.PublicURL),
		}).Mount},
		{Mount: inspect.New(inspect.Options{
			Orchestrations: e.client, Definitions: e.orchestrations, Entities: e.entityClient, EntityTypes: e.entities,
			Replays: e.replays, Engine: seen,
		}).Mount, Pages: inspect.Pages()},
		workshop.Room(""),
	}
	if s.Demos != "off" { // what was begun in one goes on all the same
		for _, d := range e.demos {
			list = append(list, web.Room{Mount: d.Mount, Pages: d.Pages()})
		}
	}
	return list
}

// listensHere says whether only this machine can reach the server.
func listensHere(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
