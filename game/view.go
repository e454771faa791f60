package game

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
)

// Look says who looks at a position, and what the match knows beyond it. The
// zero value is a plain look of seat 0.
type Look struct {
	// Seat whose eyes it is, or Watcher.
	Seat int
	// Reveal shows what is hidden from Seat as well. Once a game is over,
	// however it ended, nothing is hidden and this makes no difference.
	Reveal bool
	// PhaseBase is added to the position's phase: a takeback goes back to an
	// earlier position, yet phases only grow.
	PhaseBase int
	// Result ends a game whose rules would go on: resigned, agreed, claimed.
	Result *Result
}

// ViewJSON is the view of a seat, or of the Watcher.
func ViewJSON(pos Position, seat int) []byte {
	return AppendView(make([]byte, 0, 192), pos, Look{Seat: seat})
}

// AppendView appends a view to dst: one flat JSON object with the common
// fields (actors, moves, phase, result) and the game's own, canonical (keys
// ascending, no spaces), so that equal views are equal bytes.
func AppendView(dst []byte, pos Position, look Look) []byte {
	v := View{buf: append(dst, '{'), pos: pos, look: look, start: len(dst)}
	if v.result = pos.Result(); v.result == nil {
		v.result = look.Result
	}
	if v.result == nil {
		v.actors = pos.Actors()
	}
	pos.View(&v)
	v.commonBefore("\xff")
	return append(v.buf, '}')
}

// Hash is the SHA-256, in hex, of a view's canonical JSON.
func Hash(view []byte) string {
	sum := sha256.Sum256(view)
	return hex.EncodeToString(sum[:])
}

// View is what Position.View writes the game's fields to, each with one call,
// in ascending order of their keys; it weaves the common fields in between.
// Keys are plain lower-case words. A key out of order is a bug of the rules
// and panics.
type View struct {
	buf    []byte
	pos    Position
	look   Look
	result *Result
	actors []int
	start  int    // of the object in buf
	common int    // how many of commonKeys are written
	last   string // the game's last key
}

var commonKeys = [...]string{"actors", "moves", "phase", "result"}

// Seat is who looks: a seat, or Watcher.
func (v *View) Seat() int { return v.look.Seat }

// Sees says whether what only the given seat may know may be shown: to that
// seat itself, and to everybody when all is revealed or the game is over.
func (v *View) Sees(seat int) bool {
	return v.look.Seat == seat || v.Reveals()
}

// Reveals says whether nothing is to be hidden from anybody.
func (v *View) Reveals() bool { return v.look.Reveal || v.result != nil }

// Int writes a number.
func (v *View) Int(key string, n int) {
	v.key(key)
	v.buf = strconv.AppendInt(v.buf, int64(n), 10)
}

// Ints writes a list of numbers; a nil list is null.
func (v *View) Ints(key string, numbers []int) {
	v.key(key)
	if numbers == nil {
		v.buf = append(v.buf, "null"...)
		return
	}
	v.buf = appendInts(v.buf, numbers)
}

// Bool writes true or false.
func (v *View) Bool(key string, b bool) {
	v.key(key)
	v.buf = strconv.AppendBool(v.buf, b)
}

// String writes a text.
func (v *View) String(key, s string) {
	v.key(key)
	v.buf = AppendString(v.buf, s)
}

// Strings writes a list of texts; a nil list is null.
func (v *View) Strings(key string, texts []string) {
	v.key(key)
	v.buf = appendStrings(v.buf, texts)
}

// Null writes null.
func (v *View) Null(key string) {
	v.key(key)
	v.buf = append(v.buf, "null"...)
}

// Value writes whatever JSON value the function appends; it must be
// canonical. This is the way to write nested values.
func (v *View) Value(key string, appendTo func(dst []byte) []byte) {
	v.key(key)
	v.buf = appendTo(v.buf)
}

func (v *View) key(key string) {
	if key <= v.last {
		panic("game: view field " + key + " after " + v.last)
	}
	v.last = key
	v.commonBefore(key)
	v.writeKey(key)
}

func (v *View) writeKey(key string) {
	if len(v.buf) > v.start+1 {
		v.buf = append(v.buf, ',')
	}
	v.buf = append(v.buf, '"')
	v.buf = append(v.buf, key...)
	v.buf = append(v.buf, '"', ':')
}

func (v *View) commonBefore(key string) {
	for v.common < len(commonKeys) && commonKeys[v.common] <= key {
		name := commonKeys[v.common]
		if name == key {
			panic("game: view field " + key + " is not the game's own")
		}
		v.common++
		v.writeKey(name)
		v.writeCommon(name)
	}
}

func (v *View) writeCommon(name string) {
	switch name {
	case "actors":
		v.buf = appendInts(v.buf, v.actors)
	case "moves":
		v.buf = appendStrings(v.buf, v.moves())
	case "phase":
		v.buf = strconv.AppendInt(v.buf, int64(v.phase()), 10)
	case "result":
		if v.result == nil {
			v.buf = append(v.buf, "null"...)
			return
		}
		v.buf = v.result.append(v.buf)
	}
}

func (v *View) moves() []string {
	if !slices.Contains(v.actors, v.look.Seat) {
		return nil
	}
	return v.pos.Moves(v.look.Seat)
}

// phase counts the match's own ending as one more phase, as rules do.
func (v *View) phase() int {
	phase := v.pos.Phase() + v.look.PhaseBase
	if v.result != nil && v.pos.Result() == nil {
		phase++
	}
	return phase
}
