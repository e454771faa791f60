package inspect

import (
	"context"
	"net/http"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// maxBody is the most bytes of a body: more than the engine lets any payload
// have, and the engine says how much that is.
const maxBody = 1 << 20

// command is one of the things that can be done to an instance.
type command struct {
	name    string
	reason  string
	withAll bool // with the sub-orchestrations
}

// commands do what they are named for. An instance that has ended takes none of
// the first few, whatever the engine would say.
var commands = map[string]struct {
	running bool
	do      func(ctx context.Context, i *Inspector, id string, c *command) error
}{
	"suspend": {true, func(ctx context.Context, i *Inspector, id string, c *command) error {
		return i.Orchestrations.Suspend(ctx, id, c.reason)
	}},
	"resume": {true, func(ctx context.Context, i *Inspector, id string, c *command) error {
		return i.Orchestrations.Resume(ctx, id, c.reason)
	}},
	"cancel": {true, func(ctx context.Context, i *Inspector, id string, c *command) error {
		return i.Orchestrations.Cancel(ctx, id, c.reason)
	}},
	"terminate": {true, func(ctx context.Context, i *Inspector, id string, c *command) error {
		if c.withAll {
			return i.Orchestrations.Terminate(ctx, id, c.reason)
		}
		return i.Orchestrations.TerminateOnly(ctx, id, c.reason)
	}},
	"rewind": {false, func(ctx context.Context, i *Inspector, id string, c *command) error {
		return i.Orchestrations.Rewind(ctx, id, c.reason)
	}},
	"purge": {false, func(ctx context.Context, i *Inspector, id string, c *command) error {
		if c.withAll {
			_, err := i.Orchestrations.PurgeTree(ctx, id)
			return err
		}
		return i.Orchestrations.Purge(ctx, id)
	}},
}

// command does one of the commands to an instance.
func (i *Inspector) command(ctx context.Context, id string, c *command) error {
	known := commands[c.name]
	s, err := i.status(id)
	switch {
	case err != nil:
		return err
	case known.running && s.final():
		return api.Refuse(wire.CodeGone, "The orchestration %s has ended: %s", api.Quote(id), s.State)
	case c.name == "rewind" && s.State != orchestrator.Failed.String():
		code := wire.CodeBadRequest
		if s.final() {
			code = wire.CodeGone
		}
		return api.Refuse(code, "Only an orchestration that failed can be rewound; this one is %s", s.State)
	}
	return known.do(ctx, i, id, c)
}

// commander is the handler of a command.
func commander(name string) func(*Inspector, *request) error {
	return func(i *Inspector, r *request) error {
		body, err := r.body(api.Optional)
		if err != nil {
			return err
		}
		c := &command{name: name, withAll: name == "terminate"}
		switch name {
		case "terminate":
			body.Into("recursive", &c.withAll, "true or false")
			c.reason, _ = body.Text("reason")
		case "purge":
			c.withAll = body.Flag("recursive")
		default:
			c.reason, _ = body.Text("reason")
		}
		if err := body.Done(); err != nil {
			return err
		}
		ctx, cancel := r.soon()
		defer cancel()
		if err := i.command(ctx, r.vars["id"], c); err != nil {
			return err
		}
		return r.did(r.vars["id"])
	}
}

// body reads the body of an action, whose query is empty.
func (r *request) body(need api.Need) (*api.Object, error) {
	if err := r.query.Done(); err != nil {
		return nil, err
	}
	return api.ReadBodyOf(r.Context, need, maxBody)
}

// did answers an action with the instance that it was done to.
func (r *request) did(id string) error {
	return r.JSON(http.StatusOK, struct {
		ID string `json:"id"`
	}{id})
}

// raise raises an event.
func (i *Inspector) raise(r *request) error {
	body, err := r.body(api.Needed)
	if err != nil {
		return err
	}
	name, _ := body.Text("event")
	event := body.Take("body")
	if err := body.Done(); err != nil {
		return err
	}
	ctx, cancel := r.soon()
	defer cancel()
	if err := i.Orchestrations.Raise(ctx, r.vars["id"], name, orchestrator.Raw(event)); err != nil {
		return err
	}
	return r.did(r.vars["id"])
}

// restart starts an instance again, in its own place or under a new id.
func (i *Inspector) restart(r *request) error {
	body, err := r.body(api.Optional)
	if err != nil {
		return err
	}
	var options []orchestrator.StartOption
	if body.Flag("newId") {
		options = append(options, orchestrator.WithNewID())
	}
	if err := body.Done(); err != nil {
		return err
	}
	ctx, cancel := r.soon()
	defer cancel()
	id, err := i.Orchestrations.Restart(ctx, r.vars["id"], options...)
	if err != nil {
		return err
	}
	return r.did(id)
}

// retry lets an orchestration in quarantine take turns again.
func (i *Inspector) retry(r *request) error {
	id := r.vars["id"]
	if err := i.tryAgain(r, id, "", id); err != nil {
		return err
	}
	return r.did(id)
}

// retryEntity is retry for an entity.
func (i *Inspector) retryEntity(r *request) error {
	id, err := i.entityID(r)
	if err != nil {
		return err
	}
	if err := i.tryAgain(r, id.String(), id.Name, id.Key); err != nil {
		return err
	}
	return r.did(id.String())
}

func (i *Inspector) tryAgain(r *request, id, name, key string) error {
	body, err := r.body(api.Optional)
	if err == nil {
		err = body.Done()
	}
	switch {
	case err != nil:
		return err
	case i.whyAside(id) == "":
		return api.Refuse(wire.CodeConflict, "%s is not in quarantine", api.Quote(id))
	}
	ctx, cancel := r.soon()
	defer cancel()
	err = i.Engine.Retry(ctx, name, key)
	i.nudges.Add(1)
	return err
}

// start starts an orchestration.
func (i *Inspector) start(r *request) error {
	body, err := r.body(api.Needed)
	if err != nil {
		return err
	}
	name, _ := body.Text("name")
	id, _ := body.Text("id")
	input := body.Take("input")
	if err := body.Done(); err != nil {
		return err
	}
	if !i.Definitions.Has(name) {
		return api.Refuse(wire.CodeBadRequest, "No orchestration is named %s", api.Quote(name))
	}
	var options []orchestrator.StartOption
	if id != "" {
		options = append(options, orchestrator.WithID(id))
	}
	ctx, cancel := r.soon()
	defer cancel()
	if id, err = i.Orchestrations.Start(ctx, name, orchestrator.Raw(input), options...); err != nil {
		return err
	}
	return r.did(id)
}

// signal signals an entity.
func (i *Inspector) signal(r *request) error {
	id, err := i.entityID(r)
	if err != nil {
		return err
	}
	body, err := r.body(api.Needed)
	if err != nil {
		return err
	}
	op, _ := body.Text("op")
	input := body.Take("input")
	if err := body.Done(); err != nil {
		return err
	}
	if err := i.checkOperation(id.Name, op); err != nil {
		return err
	}
	ctx, cancel := r.soon()
	defer cancel()
	if err := i.Entities.Signal(ctx, id, op, input); err != nil {
		return err
	}
	return r.NoContent(http.StatusAccepted)
}
