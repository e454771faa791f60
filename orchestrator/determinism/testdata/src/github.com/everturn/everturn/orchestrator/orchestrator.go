// Package orchestrator has as much of the real one as the analyzer's tests need.
package orchestrator

import (
	"context"
	"math/rand/v2"
	"time"
)

type Context struct{ now time.Time }

func (c *Context) Now() time.Time             { return c.now }
func (c *Context) Sleep(time.Duration) error  { return nil }
func (c *Context) Rand() *rand.Rand           { return rand.New(rand.NewPCG(1, 2)) }
func (c *Context) Publish(body []byte) uint64 { return 0 }
func (c *Context) SetStatus(v any)            {}

type Orchestration[I, O any] struct{}

func (*Orchestration[I, O]) Begin(ctx context.Context, in I) (string, error) { return "", nil }
func (*Orchestration[I, O]) Call(c *Context, in I) (O, error)                { panic("a stub") }

type Activity[I, O any] struct{}

func (*Activity[I, O]) Call(c *Context, in I) (O, error) { panic("a stub") }

func Define[I, O any](name string, fn func(c *Context, in I) (O, error)) *Orchestration[I, O] {
	return nil
}

func DefineActivity[I, O any](name string, fn func(ctx context.Context, in I) (O, error)) *Activity[I, O] {
	return nil
}
