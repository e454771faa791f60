package game

import "strconv"

// Kind of a result.
type Kind string

// The kinds of results.
const (
	Win  Kind = "win"
	Draw Kind = "draw"
	Coop Kind = "coop" // of a co-operative game; the winners are all seats, or none
	Void Kind = "void" // does not count
)

// Reason says how a game ended.
type Reason string

// The reasons. The first group is the rules' own; of the second, rules use
// ReasonFlag (in Lapse), the rest is the match's.
const (
	ReasonLine     Reason = "line"
	ReasonFour     Reason = "four"
	ReasonRounds   Reason = "rounds"
	ReasonFleet    Reason = "fleet"
	ReasonFull     Reason = "full"
	ReasonTreasure Reason = "treasure"
	ReasonDead     Reason = "dead"

	ReasonFlag     Reason = "flag"
	ReasonResign   Reason = "resign"
	ReasonAgreed   Reason = "agreed"
	ReasonClaim    Reason = "claim"
	ReasonNotReady Reason = "not_ready"
)

// Result is how a game ended. Results are read-only.
type Result struct {
	Kind    Kind   `json:"kind"`
	Reason  Reason `json:"reason"`
	Winners []int  `json:"winners"` // ascending; empty for a draw
}

// WonBy is the result of a game that one seat won.
func WonBy(seat int, reason Reason) *Result {
	return &Result{Kind: Win, Reason: reason, Winners: Only(seat)}
}

// Drawn is the result of a game that nobody won.
func Drawn(reason Reason) *Result { return &Result{Kind: Draw, Reason: reason, Winners: []int{}} }

// MarshalJSON gives the canonical form; no winners are an empty list, not null.
func (r Result) MarshalJSON() ([]byte, error) { return r.append(nil), nil }

// append needs no escaping: kinds and reasons are plain words.
func (r Result) append(dst []byte) []byte {
	dst = append(dst, `{"kind":"`...)
	dst = append(dst, r.Kind...)
	dst = append(dst, `","reason":"`...)
	dst = append(dst, r.Reason...)
	dst = append(dst, `","winners":`...)
	return append(appendInts(dst, r.Winners), '}')
}

func appendInts(dst []byte, numbers []int) []byte {
	dst = append(dst, '[')
	for i, n := range numbers {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	return append(dst, ']')
}
