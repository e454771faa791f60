package game

import (
	"encoding/json"
	"fmt"
	"time"
)

// Rules are one game: a value without state. All methods are pure functions
// of their arguments (no clock, no I/O, no global randomness, no goroutines)
// and may be called concurrently.
type Rules interface {
	// Info says what the game is. It is the same at every call.
	Info() Info

	// New gives the first position. The setup has passed NewSetup, so seats,
	// first and options are within what Info allows; New returns an error
	// only where valid options do not go together.
	New(setup Setup) (Position, error)

	// Load gives back the position that Save wrote. Any other bytes give an
	// error, never a panic.
	Load(data []byte) (Position, error)

	// Bot chooses a move for seat from the canonical JSON of that seat's
	// view alone; seat must be among the view's actors. The same arguments
	// give the same move. It may compute for some 100 ms, so it belongs into
	// an activity. An unusable view is an error.
	Bot(view []byte, seat int, strength Strength, seed Seed) (move string, err error)
}

// Strength of a bot, from Weakest to Strongest.
type Strength int

// The strengths that every game offers.
const (
	Weakest   Strength = 1 // random, sometimes sensible
	Medium    Strength = 2 // a decent beginner
	Strongest Strength = 3 // as good as the game's package can
)

// Valid says whether s is one of the three strengths.
func (s Strength) Valid() bool { return s >= Weakest && s <= Strongest }

// Info describes a game. Its JSON is an element of the answer to
// GET /api/games; the fields without a JSON name are for the match only.
type Info struct {
	ID           string      `json:"id"`
	Name         string      `json:"name"`
	MinSeats     int         `json:"minSeats"`
	MaxSeats     int         `json:"maxSeats"`
	Simultaneous bool        `json:"simultaneous"` // several seats may owe a move at once
	Hidden       bool        `json:"hidden"`       // some moves are told to their mover only
	Coop         bool        `json:"coop"`         // the seats win or lose together
	Clock        bool        `json:"clock"`        // may be played with a match clock
	Options      OptionSpecs `json:"options"`

	// Takeback: moves may be taken back. Never with hidden information or chance.
	Takeback bool `json:"-"`
	// Limit is the longest that a whole game may last; 0 is no limit. Ending
	// a game that reached it (reason flag) is the match's business.
	Limit time.Duration `json:"-"`
}

// Setup is all that a new game depends on. The same setup followed by the
// same actions gives the same positions, byte for byte. Its JSON form can be
// stored.
type Setup struct {
	Seats   int     `json:"seats"`
	First   int     `json:"first"` // the seat that moves first, where that matters
	Options Options `json:"options"`
	Seed    Seed    `json:"seed"` // the seed of this one game, see Seed.Game
}

// NewSetup checks seats, first and the raw options (a JSON object, or nothing
// for all defaults) against what the game allows and fills in the defaults.
// What is wrong is a Refusal with CodeBadRequest that names it.
func NewSetup(info Info, seats, first int, options json.RawMessage, seed Seed) (Setup, error) {
	if seats < info.MinSeats || seats > info.MaxSeats {
		return Setup{}, refuse(CodeBadRequest, fmt.Sprintf("%s is for %s, not %d", info.Name, seatRange(info), seats))
	}
	if first < 0 || first >= seats {
		return Setup{}, refuse(CodeBadRequest, fmt.Sprintf("There is no seat %d to move first", first))
	}
	parsed, err := info.Options.Parse(options)
	if err != nil {
		return Setup{}, err
	}
	return Setup{Seats: seats, First: first, Options: parsed, Seed: seed}, nil
}

func seatRange(info Info) string {
	if info.MinSeats == info.MaxSeats {
		return fmt.Sprintf("%d seats", info.MinSeats)
	}
	return fmt.Sprintf("%d to %d seats", info.MinSeats, info.MaxSeats)
}
