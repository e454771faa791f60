package web

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// The notation, read: see appendNotation.
var (
	notedTag = regexp.MustCompile(`^\[([A-Za-z0-9._]+) (".*")\]$`)
	notedPly = regexp.MustCompile(`^([0-9]+)\. ([0-9]+) (.+)$`)
	notedWhy = regexp.MustCompile(`^[a-z_]+$`)
)

// maxPhases is more than any match gets to.
const maxPhases = 1 << 30

// parseNotation reads a record from a text. It knows nothing of rules: that the
// moves can be played is for [game.Catalog.Playback] to say. Unknown tags are
// passed over, so that texts of newer servers can be read. Errors are bad_request
// and name the line.
func parseNotation(text string) (r *game.Record, match string, err error) {
	n := &notation{record: game.Record{N: 1, Games: 1, Options: game.Options{}, Moves: []game.RecordMove{}}, tags: map[string]string{}}
	text = strings.TrimSuffix(strings.TrimPrefix(text, "\ufeff"), "\n")
	for i, line := range strings.Split(text, "\n") {
		if err := n.line(strings.TrimRight(line, "\r \t")); err != nil {
			return nil, "", api.Refuse(wire.CodeBadRequest, "Line %d: %v", i+1, err)
		}
	}
	if err := n.finish(); err != nil {
		return nil, "", api.Refuse(wire.CodeBadRequest, "%v", err)
	}
	return &n.record, n.tags["Match"], nil
}

// notation is a record that is being read.
type notation struct {
	record game.Record
	tags   map[string]string
	ended  bool // the line with the result was read
}

// wrong is a sentence about a record, without the place.
type wrong string

func (w wrong) Error() string { return string(w) }

func (n *notation) line(line string) error {
	switch {
	case line == "":
		return nil
	case n.ended:
		return wrong("there is something behind the result")
	case line[0] == '[':
		return n.tag(line)
	case line[0] >= '0' && line[0] <= '9':
		return n.move(line, false)
	case line[0] == ';': // a move that was taken back
		return n.move(strings.TrimSpace(line[1:]), true)
	}
	n.ended = true
	if line != n.tags["Result"] {
		return wrong("this is neither a tag nor a move, nor the result that the tag Result names")
	}
	return nil
}

func (n *notation) tag(line string) error {
	parts := notedTag.FindStringSubmatch(line)
	var value string
	if parts == nil || json.Unmarshal([]byte(parts[2]), &value) != nil {
		return wrong(`a tag must look like [Game "tictactoe"]`)
	}
	if _, twice := n.tags[parts[1]]; twice || len(n.record.Moves) > 0 {
		return wrong("the tag " + parts[1] + " is given twice, or after the moves")
	}
	n.tags[parts[1]] = value
	return nil
}

func (n *notation) move(line string, undone bool) error {
	parts := notedPly.FindStringSubmatch(line)
	number := strconv.Itoa(len(n.record.Moves) + 1)
	if parts == nil || parts[1] != number {
		return wrong("move " + number + " is expected, with its number, its seat and the move")
	}
	seat, err := strconv.Atoi(parts[2])
	if err != nil || len(parts[3]) > wire.MaxMoveChars {
		return wrong("there is no such move")
	}
	m := game.RecordMove{Seq: uint64(len(n.record.Moves) + 1), Seat: seat, Move: parts[3], Undone: undone}
	switch m.Move {
	case "--":
		m.Move, m.Lapsed = "", true
	case "?":
		m.Move = ""
	}
	n.record.Moves = append(n.record.Moves, m)
	return nil
}

// finish reads what the tags say, once all are known.
func (n *notation) finish() (err error) {
	r := &n.record
	if n.tags["Everturn"] != "1" {
		return wrong(`This is no record of Everturn: it does not begin with [Everturn "1"]`)
	}
	if !n.ended {
		return wrong("The record has no last line with the result: a part of it is missing")
	}
	r.Game = n.tags["Game"]
	for seat := 0; ; seat++ {
		name, ok := n.tags["Seat"+strconv.Itoa(seat)]
		if !ok {
			break
		}
		r.Players = append(r.Players, name)
	}
	if r.First, err = strconv.Atoi(n.tags["First"]); err != nil {
		return wrong("The tag First must be the number of a seat")
	}
	if text, ok := n.tags["Phases"]; ok {
		if r.Phases, err = strconv.Atoi(text); err != nil || r.Phases < 0 || r.Phases > maxPhases {
			return wrong("The tag Phases must be a number")
		}
	}
	for name, value := range n.tags {
		if id, ok := strings.CutPrefix(name, "Option."); ok {
			if !json.Valid([]byte(value)) {
				return wrong("The tag " + name + " must be a JSON value")
			}
			r.Options[id] = json.RawMessage(value)
		}
	}
	if text, ok := n.tags["Seed"]; ok {
		r.Seed = new(game.Seed)
		if r.Seed.UnmarshalText([]byte(text)) != nil {
			return wrong("The tag Seed is no seed")
		}
	}
	if at, err := time.Parse(time.RFC3339, n.tags["Date"]); err == nil && len(r.Moves) > 0 {
		r.Moves[0].At = at.UnixMilli()
	}
	r.To = uint64(len(r.Moves))
	r.Result, err = readResult(n.tags["Result"], len(r.Players))
	return err
}

// readResult reads what notedResult writes.
func readResult(text string, seats int) (*game.Result, error) {
	if text == "*" {
		return nil, nil
	}
	words := strings.Fields(text)
	kinds := []game.Kind{game.Win, game.Draw, game.Coop, game.Void}
	if len(words) < 2 || !slices.Contains(kinds, game.Kind(words[0])) || !notedWhy.MatchString(words[len(words)-1]) {
		return nil, wrong(`The tag Result must look like "win 0 line"`)
	}
	r := &game.Result{Kind: game.Kind(words[0]), Reason: game.Reason(words[len(words)-1]), Winners: []int{}}
	for _, word := range words[1 : len(words)-1] {
		seat, err := strconv.Atoi(word)
		if err != nil || seat < 0 || seat >= seats {
			return nil, wrong("The tag Result names a winner who has no seat")
		}
		r.Winners = append(r.Winners, seat)
	}
	return r, nil
}
