package measure

// Fault is a kind of broken promise. Each is a row of the correctness box, and
// each must have been seen no time at all.
type Fault int

// The promises that a server may break.
const (
	Lost       Fault = iota // a move that was acknowledged is not in the record
	Doubled                 // a move was applied twice
	OutOfOrder              // events or moves came in another order than the record has
	Gap                     // a sequence number was left out
	Repeat                  // a sequence number came again, without being asked for
	Hidden                  // a field was seen that its viewer may not know
	Differs                 // a final position is not what the record plays back to
	Broken                  // any other promise
	faults
)

var faultNames = [faults]struct{ key, text string }{
	Lost:       {"lost", "acknowledged moves lost"},
	Doubled:    {"doubled", "moves applied twice"},
	OutOfOrder: {"out_of_order", "moves out of order"},
	Gap:        {"gaps", "gaps in the sequence"},
	Repeat:     {"repeats", "repeats in the sequence"},
	Hidden:     {"hidden", "hidden fields seen"},
	Differs:    {"differs", "positions that differ from the replay"},
	Broken:     {"broken", "other promises broken"},
}

// Faults are all kinds, in the order of the box.
func Faults() []Fault {
	list := make([]Fault, faults)
	for i := range list {
		list[i] = Fault(i)
	}
	return list
}

// Key is its name for machines: "out_of_order".
func (f Fault) Key() string { return faultNames[f].key }

// String is its name for people: "moves out of order".
func (f Fault) String() string { return faultNames[f].text }
