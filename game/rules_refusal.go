package game

// Code tells machines why something was refused. The values are those of the
// wire protocol.
type Code string

// The codes that rules and this package's pure part use.
const (
	CodeBadRequest  Code = "bad_request"
	CodeGameOver    Code = "game_over"
	CodeNotYourTurn Code = "not_your_turn"
	CodeIllegalMove Code = "illegal_move"
)

// Refusal is the error of a command that was refused and changed nothing:
// a code for machines, and a sentence that a player can read. A refusal of a
// move depends only on what the mover may know.
type Refusal struct {
	Code    Code
	Message string
}

// Error is the sentence.
func (r *Refusal) Error() string { return r.Message }

// Illegal refuses a move with a sentence such as "Column 4 is full".
func Illegal(message string) error { return refuse(CodeIllegalMove, message) }

// CheckTurn returns nil if seat is among the actors, and otherwise the
// refusal that Play and Lapse owe: game_over when nobody is to act, else
// not_your_turn.
func CheckTurn(actors []int, seat int) error {
	if len(actors) == 0 {
		return refuse(CodeGameOver, "The game is over")
	}
	for _, actor := range actors {
		if actor == seat {
			return nil
		}
	}
	return refuse(CodeNotYourTurn, "It is not your turn")
}

func refuse(code Code, message string) error { return &Refusal{Code: code, Message: message} }
