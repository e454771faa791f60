// Package entities gives durable entities: small typed states with a name and a
// key, changed only by operations, one at a time, and stored before anybody
// hears of it.
//
//	var Account = entities.Define("account", func(key string) AccountState { return AccountState{} })
//	var Credit = entities.On(Account, "credit", func(c *entities.Context, s *AccountState, n int) (int, error) {
//		s.Balance += n
//		return s.Balance, nil
//	})
//
//	balance, err := Credit.Do(ctx, client, "ann", 5) // from outside: answered after the commit
//	balance, err := Credit.Call(c, "ann", 5)         // from an orchestration
//	err := Credit.Signal(s, "ann", 5)                // one way, from anywhere
//
// # A turn
//
// The kernel hands an entity all messages that wait for it, and a turn runs
// them in order (behavior.go). Each operation works on the decoded state and
// succeeds or fails alone: when it returns an error, panics, or leaves a state
// that cannot be stored, its change, its signals and its starts are dropped and
// its caller gets the error; the others of the batch stay (D7). What is left at
// the end is one head, one commit, and the answers go out behind it.
//
// Entities never wait for anything. They signal and start; they cannot call, so
// they cannot deadlock.
//
// # Locks
//
// An orchestration may lock several entities and then be alone with them. The
// whole protocol, both sides of it, is locks.go; README.md draws it.
//
// # Threading
//
// Definitions and the registry are made once and read only from then on. Turns
// of one entity follow one another; those of different entities may run
// concurrently, so operations share nothing but their arguments.
package entities
