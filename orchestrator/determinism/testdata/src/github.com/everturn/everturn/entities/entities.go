// Package entities has as much of the real one as the analyzer's tests need.
package entities

import "github.com/everturn/everturn/orchestrator"

type Context struct{}

type Entity[S any] struct{}

type Op[S, In, Out any] struct{}

func Define[S any](name string, fresh func(key string) S) *Entity[S] { return nil }

func On[S, In, Out any](e *Entity[S], name string, fn func(c *Context, s *S, in In) (Out, error)) *Op[S, In, Out] {
	return nil
}

func Lock(c *orchestrator.Context, keys ...string) (unlock func(), err error) { return func() {}, nil }
