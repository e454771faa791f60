package inspect

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// How streams look. Between two looks are lookEvery at least, and so long that
// looking takes but one part in lookShare of a stream's time; but what is looked at
// is never older than lookRarely, also on a machine that is so busy that a look of
// 15 ms takes a second.
const (
	lookEvery  = 500 * time.Millisecond
	lookShare  = 50
	lookRarely = 800 * time.Millisecond
	pulseEvery = 100 * time.Millisecond
	beatEvery  = 15 * time.Second
)

// stream answers with a stream for as long as the function sends, the client
// stays, and the server does not stop.
func (i *Inspector) stream(r *request, send func(context.Context, *api.Stream) error) error {
	if i.streams.Add(1) > maxStreams {
		i.streams.Add(-1)
		return api.Refuse(wire.CodeBusy, "%d streams of the inspector are open, and no more are given: close some pages", maxStreams)
	}
	defer i.streams.Add(-1)
	if r.Request().Method == http.MethodHead {
		api.NewStream(r.Response())
		return nil
	}
	ctx, cancel := api.UntilStop(r.Request().Context())
	defer cancel()
	_ = send(ctx, api.NewStream(r.Response())) // the client is gone, or what it looks at: the stream ends
	return nil
}

// pulse is another number when there may be something new to see.
func (i *Inspector) pulse() uint64 { return i.Engine.Pulse() + i.nudges.Load() }

// pace says when a stream is to look again.
type pace struct {
	pulse   func() uint64
	seen    uint64
	again   bool // once more after the last change: what it counted may not have been all there yet
	began   time.Time
	written time.Time
}

// look begins a look. What happens from here on is for the next one.
func (p *pace) look() {
	seen := p.pulse()
	p.again, p.seen, p.began = seen != p.seen || p.began.IsZero(), seen, time.Now()
}

// next waits until it is time for another look. An error ends the stream.
func (p *pace) next(ctx context.Context, s *api.Stream) error {
	done := time.Now()
	at := done.Add(min(max(lookEvery-done.Sub(p.began), done.Sub(p.began)*lookShare), lookRarely))
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-tick.C:
			if now.Sub(p.written) > beatEvery {
				if err := p.wrote(s.Beat()); err != nil {
					return err
				}
			}
			if !now.Before(at) && (p.again || p.pulse() != p.seen) {
				p.look()
				return nil
			}
		}
	}
}

// wrote notes that something was sent.
func (p *pace) wrote(err error) error {
	p.written = time.Now()
	return err
}

// sender sends one event, with a value as JSON.
type sender func(event, id string, value any) error

// live streams what a look finds, until it says that there is no more, or fails.
func (i *Inspector) live(r *request, look func(sender) (more bool, err error)) error {
	return i.stream(r, func(ctx context.Context, s *api.Stream) error {
		p := &pace{pulse: i.pulse}
		send := func(event, id string, value any) error {
			body, err := json.Marshal(value)
			if err != nil {
				return err
			}
			return p.wrote(s.Send(event, id, body))
		}
		for p.look(); ; {
			if more, err := look(send); err != nil || !more {
				return err
			}
			if err := p.next(ctx, s); err != nil {
				return err
			}
		}
	})
}
