package inspect

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// Bounds of a batch: how many instances it is for, and how many of them are under
// way at once.
const (
	maxBatch = 1_000
	atOnce   = 64
)

// batchable are the commands for many. Each of them may be repeated.
var batchable = []string{"purge", "resume", "suspend", "terminate"}

// failed is an instance to which the command was not done.
type failed struct {
	ID  string `json:"id"`
	Why string `json:"why"`
}

// batch does a command to many instances: to each or not, as if it were the only
// one.
func (i *Inspector) batch(r *request) error {
	body, err := r.body(api.Needed)
	if err != nil {
		return err
	}
	c := &command{}
	c.name, _ = body.Text("action")
	c.reason, _ = body.Text("reason")
	c.withAll = c.name == "terminate"
	ids := body.Texts("ids")
	if err := body.Done(); err != nil {
		return err
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	switch {
	case !slices.Contains(batchable, c.name):
		return api.Refuse(wire.CodeBadRequest, "The field action must be one of %s", strings.Join(batchable, ", "))
	case len(ids) == 0 || len(ids) > maxBatch:
		return api.Refuse(wire.CodeBadRequest, "The field ids must name 1 to %d instances", maxBatch)
	}
	ctx, cancel := r.soon()
	defer cancel()
	failures := make([]error, len(ids))
	var under sync.WaitGroup
	room := make(chan struct{}, atOnce)
	for n, id := range ids {
		room <- struct{}{}
		under.Go(func() {
			defer func() { <-room }()
			failures[n] = i.command(ctx, id, c)
		})
	}
	under.Wait()
	answer := struct {
		Done   int      `json:"done"`
		Failed []failed `json:"failed"`
	}{Failed: []failed{}}
	for n, err := range failures {
		if err == nil {
			answer.Done++
			continue
		}
		answer.Failed = append(answer.Failed, failed{ids[n], why(err)})
	}
	return r.JSON(http.StatusOK, answer)
}

// why is an error in the words of its problem.
func why(err error) string { return api.ProblemOf(api.ForOperators(err)).Detail }
