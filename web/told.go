package web

import (
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/gateway"
)

// tellingDesk is the desk as sockets see it where somebody is to know of each
// acknowledged move before its player does.
type tellingDesk struct {
	*game.Desk
	tell func(match string, seq uint64)
}

// toldDesk is the desk for the gateway.
func toldDesk(o *Options) gateway.Desk {
	if o.Acknowledging == nil {
		return o.Desk
	}
	return tellingDesk{o.Desk, o.Acknowledging}
}

// Command tells of a move that is accepted, then answers.
func (d tellingDesk) Command(match, player, id string, c game.Command, done func(game.Ack, error)) {
	d.Desk.Command(match, player, id, c, func(ack game.Ack, err error) {
		if err == nil && c.Kind == game.CommandMove {
			d.tell(match, ack.Seq)
		}
		done(ack, err)
	})
}
