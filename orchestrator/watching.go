package orchestrator

import "github.com/everturn/everturn/orchestrator/durable"

// What ends a watch, for packages that do not see the kernel.
var (
	// ErrSlow means that a watcher fell too far behind and was cut: watch again.
	ErrSlow = durable.ErrSlow
	// ErrClosed means that the watcher, or the host, was closed.
	ErrClosed = durable.ErrClosed
)
