package demo

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
)

// followGap is the least time between two events of a stream; beatGap the most
// without anything.
const (
	followGap = 50 * time.Millisecond
	beatGap   = 10 * time.Second
)

// followJob streams how a job stands: an event "progress" for each change that
// somebody could see, and "end" with the last.
func (d *Jobs) followJob(c echo.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	if _, _, err := d.find(id); err != nil {
		return err
	}
	w, err := d.orchestrations.Watch(id, 1<<64-1) // its published events are of no interest: it has none
	if err != nil {
		return err
	}
	defer w.Close()
	ctx, cancel := api.UntilStop(c.Request().Context())
	defer cancel()
	stream := api.NewStream(c.Response())
	for known := ""; ; {
		j, _, err := d.find(id)
		if err != nil {
			return nil // it was purged: the stream ends
		}
		body, err := json.Marshal(j)
		switch {
		case err != nil:
			return nil
		case j.over():
			_ = stream.Send("end", "", body) // an error means that nobody is there to read it
			return nil
		case string(body) != known:
			if known = string(body); stream.Send("progress", "", body) != nil {
				return nil
			}
		}
		if !d.change(ctx, w, stream) {
			return nil
		}
	}
}

// change waits for the next change, and for the gap; false: there is none to wait
// for.
func (d *Jobs) change(ctx context.Context, w *orchestrator.Watcher, stream *api.Stream) bool {
	for {
		quiet, cancel := context.WithTimeout(ctx, beatGap)
		_, err := w.Next(quiet)
		cancel()
		switch {
		case err == nil:
			select {
			case <-ctx.Done():
				return false
			case <-time.After(followGap):
				return true
			}
		case ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
			return false
		}
		if stream.Beat() != nil {
			return false
		}
	}
}
