package orchestrator

import (
	"fmt"
	"strings"
)

// State is the runtime status of an instance. The numbers are stored.
type State byte

// The states. Completed, Failed and Terminated are final. (Continued as new is
// never a state that an instance rests in.)
const (
	Pending    State = 1 // started; its code has not begun
	Running    State = 2
	Suspended  State = 3
	Completed  State = 4
	Failed     State = 5
	Terminated State = 6
)

// Final says whether an instance in this state has ended.
func (s State) Final() bool { return s >= Completed }

var stateNames = [...]string{Pending: "Pending", Running: "Running", Suspended: "Suspended", Completed: "Completed", Failed: "Failed", Terminated: "Terminated"}

// String is the state's name, as Durable Functions spells it.
func (s State) String() string {
	if s >= Pending && int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("State(%d)", byte(s))
}

// MarshalText is String, for JSON.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is ParseState, for JSON.
func (s *State) UnmarshalText(b []byte) (err error) {
	*s, err = ParseState(string(b))
	return err
}

// ParseState reads a state's name, in any case.
func ParseState(name string) (State, error) {
	for s := Pending; s <= Terminated; s++ {
		if strings.EqualFold(stateNames[s], name) {
			return s, nil
		}
	}
	return 0, fmt.Errorf("there is no state %q", name)
}
