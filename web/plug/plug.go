// Package plug is the button of a workshop that pulls the plug: the routes by
// which a teacher has the server killed at a chosen moment, and is told what
// came of it. They are there with --workshop only; who kills, who counts and who
// starts the server again is not known here.
package plug

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// Path is the address of the plug.
const Path = "/inspector/api/plug"

// Moment is one at which the server can be killed.
type Moment string

// The moments. A server that was killed from outside has none.
const (
	Now          Moment = "now"
	AfterCommit  Moment = "after-commit"
	BeforeCommit Moment = "before-commit"
	InReplay     Moment = "in-replay"
)

// Choice is a moment, and what happens then.
type Choice struct {
	ID    Moment `json:"id"`
	Title string `json:"title"`
	Says  string `json:"says"`
}

// choices are all moments, as they are offered.
var choices = []Choice{
	{Now, "Now", "The process is killed at once, whatever it is doing."},
	{AfterCommit, "After the commit, before the answer", "The next turn is on disk, and nobody has been told: who asked asks again, and gets the answer that was stored."},
	{BeforeCommit, "Before the commit", "The next turn is computed, and nothing of it is written: it never happened, and who asked asks again."},
	{InReplay, "In the middle of a replay", "The process is killed now, and the next one once more, while it replays an instance; the third one goes on."},
}

// Socket is what the plug is in: the server and whoever starts it again. It is
// used concurrently.
type Socket interface {
	// Pull has the server killed at a moment: soon, or at the next commit of a
	// turn. The moment that was waited for before is forgotten. A refusal says
	// why the moment cannot come.
	Pull(ctx context.Context, m Moment) error
	// Leave forgets a moment that has not come.
	Leave()
	// Waiting is the moment that is waited for, empty if there is none, and Last
	// what came of the last death of the server, nil if there was none.
	Waiting() Moment
	Last() *Cut
}

// Room has the routes of the plug.
type Room struct {
	socket Socket
	boot   string
}

// New makes the room of a server whose run has a name.
func New(s Socket, boot string) *Room { return &Room{s, boot} }

// Mount adds the routes.
func (r *Room) Mount(e *echo.Echo) {
	api.MountBounded(e, Path, api.Methods{http.MethodGet: r.show, http.MethodPost: r.pull, http.MethodDelete: r.leave})
}

// shown is the answer to GET.
type shown struct {
	Boot    string   `json:"boot"` // changes with every start
	Moments []Choice `json:"moments"`
	Waiting *Moment  `json:"waiting"`
	Last    *Cut     `json:"last"`
}

func (r *Room) show(c echo.Context) error {
	s := shown{Boot: r.boot, Moments: choices, Last: r.socket.Last()}
	if m := r.socket.Waiting(); m != "" {
		s.Waiting = &m
	}
	return c.JSON(http.StatusOK, s)
}

// pulled is the answer to POST.
type pulled struct {
	Moment Moment `json:"moment"`
	Says   string `json:"says"`
}

func (r *Room) pull(c echo.Context) error {
	in, err := api.ReadBody(c, api.Needed)
	if err != nil {
		return err
	}
	text, _ := in.Text("moment")
	if err := in.Done(); err != nil {
		return err
	}
	m := Moment(text)
	if !slices.ContainsFunc(choices, func(o Choice) bool { return o.ID == m }) {
		return api.Refuse(wire.CodeBadRequest, "The field \"moment\" must be one of %s", ids())
	}
	if err := r.socket.Pull(c.Request().Context(), m); err != nil {
		return err
	}
	says := "The server is killed now."
	if m == AfterCommit || m == BeforeCommit {
		says = "The server is killed at the next commit of a turn: make a move."
	}
	return c.JSON(http.StatusAccepted, pulled{m, says})
}

func (r *Room) leave(c echo.Context) error {
	r.socket.Leave()
	return c.NoContent(http.StatusNoContent)
}

func ids() string {
	list := make([]string, len(choices))
	for i, o := range choices {
		list[i] = string(o.ID)
	}
	return strings.Join(list, ", ")
}
