package gateway

import (
	"context"
	"time"

	"github.com/everturn/everturn/web/wire"
)

// drainNotice is the time until the stop that clients are told where the drain has no deadline.
const drainNotice = time.Second

// Drain ends the gateway gracefully: it takes no new sockets and no new commands, tells everybody that the server
// restarts, waits for the answers to the commands that are under way, and closes all sockets with 1012. It returns when
// all is over. If ctx ends before, it waits for nothing more, cuts what is left, and returns ctx's error. It may be
// called again, and concurrently.
func (g *Gateway) Drain(ctx context.Context) error {
	if !g.draining.Swap(true) {
		notice := drainNotice
		if until, ok := ctx.Deadline(); ok {
			notice = max(time.Until(until), 0)
		}
		for _, c := range g.everybody() {
			send(c, wire.TypeRestarting, wire.Restarting{In: notice.Milliseconds()})
		}
	}
	if g.inflight.Load() == 0 {
		g.settled()
	}
	select {
	case <-g.quiet:
	case <-ctx.Done():
	}
	return g.stop(ctx, wire.CloseRestart)
}

// Close ends the gateway at once: sockets are closed with 1001, and answers that are under way get lost, as in a crash.
// It returns when all is over, and may be called again.
func (g *Gateway) Close() error {
	g.draining.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	g.stop(ctx, wire.CloseGoingAway) //nolint:errcheck // ctx's: then they were cut, which is what Close is for
	return nil
}

// settled says that no command is under way, and none will be: it is for after draining has been set.
func (g *Gateway) settled() { g.quietOnce.Do(func() { close(g.quiet) }) }

// stop closes the sockets, and the rooms behind them.
func (g *Gateway) stop(ctx context.Context, code wire.CloseCode) error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	for _, c := range g.everybody() {
		c.end(code, code.Reason())
	}
	g.cancel()
	over := make(chan struct{})
	go func() {
		g.wg.Wait()
		close(over)
	}()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
	}
	for _, c := range g.everybody() {
		c.cut()
	}
	<-over
	return ctx.Err()
}
