package orchestrator

import "github.com/everturn/everturn/orchestrator/durable"

// WaitingFor says in words what the code of a stored instance waits for:
// "event approval, timer #3", or that it waits for nothing. Like [Replay] it
// runs today's code against the history and sends nothing; its errors are
// Replay's, and the instance needs what Replay's does.
func WaitingFor(b *Behavior, in *durable.Instance) (string, error) {
	x := newExecution(b, in)
	x.quiet = true
	defer x.Release()
	if err := x.replay(in.Log); err != nil {
		return "", err
	}
	return x.waitingFor(), nil
}
