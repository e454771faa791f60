package web

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/everturn/everturn/game"
)

// appendNotation appends a record as a text, in the manner of chess's PGN: tags,
// then a line for each move. A move's line ends with the move, which may contain
// spaces: "3. 0 take lamp". "?" is a move that the reader may not know yet, "--"
// is time that ran out. A line that begins with ";" is a move that was taken back
// and does not count. The last line is the result, "*" while there is none.
func appendNotation(dst []byte, match string, r *game.Record) []byte {
	tag := func(name, value string) {
		dst = append(append(append(dst, '['), name...), ' ')
		dst = append(game.AppendString(dst, value), ']', '\n')
	}
	result := notedResult(r.Result)
	tag("Everturn", "1") // the version of this notation
	tag("Game", r.Game)
	tag("Match", match)
	tag("Number", strconv.Itoa(r.N)+"/"+strconv.Itoa(r.Games))
	if len(r.Moves) > 0 {
		tag("Date", time.UnixMilli(r.Moves[0].At).UTC().Format(time.RFC3339))
	}
	for seat, name := range r.Players {
		tag("Seat"+strconv.Itoa(seat), name)
	}
	tag("First", strconv.Itoa(r.First))
	for _, name := range slices.Sorted(maps.Keys(r.Options)) {
		tag("Option."+name, string(r.Options[name]))
	}
	if r.Seed != nil {
		if text, err := r.Seed.MarshalText(); err == nil { // String hides it
			tag("Seed", string(text))
		}
	}
	if r.Phases != 0 {
		tag("Phases", strconv.Itoa(r.Phases))
	}
	tag("Result", result)
	dst = append(dst, '\n')
	for i, m := range r.Moves {
		if m.Undone {
			dst = append(dst, "; "...)
		}
		dst = strconv.AppendInt(dst, int64(i+1), 10)
		dst = strconv.AppendInt(append(dst, ". "...), int64(m.Seat), 10)
		dst = append(append(append(dst, ' '), notedMove(m)...), '\n')
	}
	return append(append(dst, result...), '\n')
}

func notedMove(m game.RecordMove) string {
	switch {
	case m.Lapsed:
		return "--"
	case m.Move == "":
		return "?"
	}
	return m.Move
}

// notedResult is "win 0 line", "draw full", "*".
func notedResult(r *game.Result) string {
	if r == nil {
		return "*"
	}
	words := []string{string(r.Kind)}
	for _, seat := range r.Winners {
		words = append(words, strconv.Itoa(seat))
	}
	return strings.Join(append(words, string(r.Reason)), " ")
}
