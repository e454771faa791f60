// Package determinism is an analyzer that finds what an orchestration, or an
// operation of an entity, may not do: whatever a replay would not repeat.
//
// An orchestration is run again from its history whenever it is not in memory,
// and must then do the same. So it may depend on its input and on what its
// Context gives, and on nothing else. The engine notices when it does otherwise,
// but at run time, perhaps months later; the analyzer notices most of it in the
// editor: clocks, waiting, randomness, goroutines, channels, locks, the order of
// maps, I/O, variables that outlive a run, and defers with effects (they run
// also when the engine takes the function out of memory).
//
// It looks at the functions passed to orchestrator.Define, entities.Define and
// entities.On, at all others that take a Context of one of these packages, and at
// what they call: in their own package function by function, in other packages
// by facts, which tell of each function what it does that it may not. A variable
// that holds a function is followed to the one that it begins with; calls of
// interface methods and of other function values are not followed. Of other
// modules only clocks, waiting, chance, goroutines and I/O count: their locks and
// tables are their own affair.
//
// A finding that is none is marked, with the reason, on its line or the one
// above, or in the comment of a function for the whole of it:
//
//	//everturn:deterministic the table is filled before main begins
//
// Run it by `go vet -vettool=$(which everturn-vet) ./...`, see cmd/everturn-vet,
// or as a plugin of golangci-lint, see package gclplugin.
//
// Files: analyzer.go is the walk of a package; roots.go finds what must be
// deterministic; body.go looks at a function, with a rule each in table.go (what
// may not be called), maprange.go, vars.go and defers.go; facts.go carries it
// between packages; suppress.go reads the marks.
package determinism
