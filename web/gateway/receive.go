package gateway

import (
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/everturn/everturn/web/wire"
)

// receive deals with a frame of the client. Data is not kept.
func (c *conn) receive(data []byte) {
	f, refusal := wire.Decode(data)
	if refusal != nil {
		c.refuse(refusal)
		return
	}
	c.g.stats.got(f.Type())
	if ping, ok := f.(wire.Ping); ok {
		send(c, wire.TypePong, wire.Pong{C: ping.C, Now: c.g.opts.Now().UnixMilli()})
		return
	}
	if wait, ok := c.allow(); !ok {
		c.slowDown(f, wait)
		return
	}
	switch f := f.(type) {
	case wire.Move:
		c.move(f)
	case wire.Act:
		c.act(f)
	case wire.Chat:
		c.chat(f)
	case wire.Watch:
		c.watch(f)
	case wire.Unwatch:
		c.unwatch(f.Match)
	}
}

// refuse answers a frame that does not fit the protocol.
func (c *conn) refuse(r *wire.Refusal) {
	c.g.stats.bad.Add(1)
	if r.Answer == wire.AnswerClose {
		c.end(r.Close, r.Msg)
		return
	}
	code, msg, retry := r.Code, r.Msg, time.Duration(0)
	if wait, ok := c.allow(); !ok {
		code, msg, retry = wire.CodeRateLimited, tooFast, wait
	}
	if r.Answer == wire.AnswerNack {
		c.nack(r.ID, r.Match, code, msg, retry)
		return
	}
	c.error(r.Match, code, msg)
}

var tooFast = fmt.Sprintf("Too many frames: %d at once and %d a second are allowed.", wire.FrameBurst, wire.FramesPerSecond)

var tooTalkative = fmt.Sprintf("Too many lines: %d at once and %d a second are allowed.", wire.ChatBurst, wire.ChatsPerSecond)

// allow counts a frame against the socket's limit, or says when there is room for one again.
func (c *conn) allow() (wait time.Duration, ok bool) {
	if c.limit == nil {
		return 0, true
	}
	return take(c.limit, c.g.opts.Now())
}

// allowChat is allow for the limit of chat, which a socket has from its first line on: most never say one.
func (c *conn) allowChat() (wait time.Duration, ok bool) {
	if c.limit == nil {
		return 0, true
	}
	if c.chats == nil {
		c.chats = rate.NewLimiter(wire.ChatsPerSecond, wire.ChatBurst)
	}
	return take(c.chats, c.g.opts.Now())
}

func take(l *rate.Limiter, now time.Time) (wait time.Duration, ok bool) {
	if l.AllowN(now, 1) {
		return 0, true
	}
	next := l.ReserveN(now, 1)
	defer next.CancelAt(now)
	return next.DelayFrom(now), false
}

// slowDown refuses a frame that came too fast.
func (c *conn) slowDown(f wire.ClientFrame, wait time.Duration) {
	switch f := f.(type) {
	case wire.Move:
		c.nack(f.ID, f.Match, wire.CodeRateLimited, tooFast, wait)
	case wire.Act:
		c.nack(f.ID, f.Match, wire.CodeRateLimited, tooFast, wait)
	case wire.Chat:
		c.nack(f.ID, f.Match, wire.CodeRateLimited, tooFast, wait)
	case wire.Watch:
		c.error(f.Match, wire.CodeRateLimited, tooFast)
	case wire.Unwatch:
		c.error(f.Match, wire.CodeRateLimited, tooFast)
	}
}

// nack refuses a command. Retry goes out with the codes that have one, in whole milliseconds, rounded up.
func (c *conn) nack(id, match string, code wire.Code, msg string, retry time.Duration) {
	f := wire.Nack{ID: id, Match: match, Code: code, Msg: msg}
	if code.RetryNack() {
		f.Retry = int64((retry + time.Millisecond - 1) / time.Millisecond)
	}
	c.g.stats.nacked(code)
	send(c, wire.TypeNack, f)
}

func (c *conn) error(match string, code wire.Code, msg string) {
	send(c, wire.TypeError, wire.Error{Code: code, Msg: msg, Match: match})
}

// watch begins, or begins anew, to show a match.
func (c *conn) watch(f wire.Watch) {
	c.unwatch(f.Match)
	if len(c.viewers) >= wire.MaxWatches {
		c.error(f.Match, wire.CodeBadRequest,
			fmt.Sprintf("A socket can watch %d matches at once; unwatch one first.", wire.MaxWatches))
		return
	}
	if c.viewers == nil {
		c.viewers = map[string]*viewer{}
	}
	v := &viewer{conn: c, after: f.After, epoch: f.Epoch}
	if c.g.watch(f.Match, v) {
		c.viewers[f.Match] = v
	}
}

func (c *conn) unwatch(match string) {
	for m, v := range c.viewers {
		if m == match || v.gone.Load() {
			v.room.leave(v)
			delete(c.viewers, m)
		}
	}
}
