package plug

import (
	"fmt"
	"strings"
)

// Cut is what came of one time that the server was away, from the death of its
// process to the moment at which another one was ready. All of it was counted by
// somebody who outlived the process, or is in the database.
type Cut struct {
	// Moment is the one that was chosen, nil if the process was killed from
	// outside, or died of itself.
	Moment *Moment `json:"moment"`
	At     int64   `json:"at"`     // when it died, in milliseconds since 1970
	DownMS int64   `json:"downMs"` // until another one was ready
	Deaths int     `json:"deaths"` // processes that died meanwhile: two, where the second died in a replay
	// CountedMS is how long before its death the process had last counted what
	// runs.
	CountedMS int64     `json:"countedMs"`
	Matches   Recovered `json:"matches"`   // in play
	Instances Recovered `json:"instances"` // orchestrations that have not ended; matches are among them
	Moves     Moves     `json:"moves"`
	Clocks    *Clocks   `json:"clocks"` // nil: no match in play had a clock
	Commit    *Commit   `json:"commit"` // nil, where the moment was none of a commit
	Replay    *Replay   `json:"replay"` // nil, unless a process died in one
}

// Recovered counts what ran before, and what of it is in the database after.
type Recovered struct {
	Before    int `json:"before"`
	Recovered int `json:"recovered"`
}

// Moves are those that the process had acknowledged in its life, and how many of
// them are not in the database.
type Moves struct {
	Acked int `json:"acked"`
	Lost  int `json:"lost"`
}

// Clocks says by how much the clocks of the matches in play differ from what
// they were at the death of the process: below zero they gave time back.
type Clocks struct {
	Matches int   `json:"matches"`
	MovedMS int64 `json:"movedMs"`
	Stood   bool  `json:"stood"`
}

// Commit is the one at which the process died, and whether it is in the database.
type Commit struct {
	Turns  int  `json:"turns"`
	Rows   int  `json:"rows"`
	Stored bool `json:"stored"`
}

// Replay is the one in which a process died: so many of the history's turns had
// been fed to the code again.
type Replay struct {
	Instance string `json:"instance"`
	Turns    int    `json:"turns"`
	Of       int    `json:"of"`
}

// String tells in one line what became of what ran.
func (c *Cut) String() string {
	var parts []string
	switch b, r := c.Matches.Before, c.Matches.Recovered; {
	case b == 0:
		parts = append(parts, "no match was running")
	case b == r:
		parts = append(parts, plural(r, "match", "matches")+" recovered")
	default:
		parts = append(parts, fmt.Sprintf("%d of %d matches recovered", r, b))
	}
	parts = append(parts, plural(c.Moves.Lost, "move", "moves")+" lost")
	if c.Clocks != nil && c.Clocks.Stood {
		parts = append(parts, "clocks stood still")
	} else if c.Clocks != nil {
		parts = append(parts, fmt.Sprintf("clocks moved by %d ms", c.Clocks.MovedMS))
	}
	return strings.Join(parts, ", ")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
