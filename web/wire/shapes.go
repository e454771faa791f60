package wire

import "fmt"

// field is a field of any frame.
type field uint8

const (
	fieldT field = iota
	fieldID
	fieldM
	fieldMove
	fieldAct
	fieldText
	fieldSeq
	fieldAfter
	fieldEpoch
	fieldC

	fieldProto
	fieldBoot
	fieldServer
	fieldPlayer
	fieldPing
	fieldMax
	fieldNow
	fieldSeat
	fieldView
	fieldMatch
	fieldClock
	fieldReset
	fieldK
	fieldD
	fieldCode
	fieldMsg
	fieldRetry
	fieldIn

	fieldCount
)

// rule is what a field's value must be.
type rule uint8

const (
	ruleText   rule = iota // a text of 1 to max characters; of any length where max is 0
	ruleMatch              // a match id
	ruleAction             // one of the acts
	ruleKind               // one of the event kinds
	ruleCode               // one of the codes
	ruleNumber             // a whole number from 0 to MaxNumber
	ruleSeat               // the same, or SeatWatcher
	ruleObject             // an object
	ruleClock              // an object, or null where the frame always has the field
	ruleTrue               // true
)

// fields says for each field its name, and what it must be: the same in every frame.
var fields = [fieldCount]struct {
	name string
	rule rule
	max  int // characters, for ruleText
}{
	fieldT:     {"t", ruleText, 0},
	fieldID:    {"id", ruleText, MaxIDChars},
	fieldM:     {"m", ruleMatch, 0},
	fieldMove:  {"move", ruleText, MaxMoveChars},
	fieldAct:   {"act", ruleAction, 0},
	fieldText:  {"text", ruleText, MaxChatChars},
	fieldSeq:   {"seq", ruleNumber, 0},
	fieldAfter: {"after", ruleNumber, 0},
	fieldEpoch: {"epoch", ruleNumber, 0},
	fieldC:     {"c", ruleNumber, 0},

	fieldProto:  {"proto", ruleNumber, 0},
	fieldBoot:   {"boot", ruleText, 0},
	fieldServer: {"server", ruleText, 0},
	fieldPlayer: {"player", ruleText, 0},
	fieldPing:   {"ping", ruleNumber, 0},
	fieldMax:    {"max", ruleNumber, 0},
	fieldNow:    {"now", ruleNumber, 0},
	fieldSeat:   {"seat", ruleSeat, 0},
	fieldView:   {"view", ruleObject, 0},
	fieldMatch:  {"match", ruleObject, 0},
	fieldClock:  {"clock", ruleClock, 0},
	fieldReset:  {"reset", ruleTrue, 0},
	fieldK:      {"k", ruleKind, 0},
	fieldD:      {"d", ruleObject, 0},
	fieldCode:   {"code", ruleCode, 0},
	fieldMsg:    {"msg", ruleText, 0},
	fieldRetry:  {"retry", ruleNumber, 0},
	fieldIn:     {"in", ruleNumber, 0},
}

// lookup returns the field of a name; fieldCount if there is none. It is a switch, not a search in the table above,
// because it runs for each field of each frame.
func lookup(name []byte) field {
	switch string(name) {
	case "t":
		return fieldT
	case "id":
		return fieldID
	case "m":
		return fieldM
	case "move":
		return fieldMove
	case "act":
		return fieldAct
	case "text":
		return fieldText
	case "seq":
		return fieldSeq
	case "after":
		return fieldAfter
	case "epoch":
		return fieldEpoch
	case "c":
		return fieldC
	case "proto":
		return fieldProto
	case "boot":
		return fieldBoot
	case "server":
		return fieldServer
	case "player":
		return fieldPlayer
	case "ping":
		return fieldPing
	case "max":
		return fieldMax
	case "now":
		return fieldNow
	case "seat":
		return fieldSeat
	case "view":
		return fieldView
	case "match":
		return fieldMatch
	case "clock":
		return fieldClock
	case "reset":
		return fieldReset
	case "k":
		return fieldK
	case "d":
		return fieldD
	case "code":
		return fieldCode
	case "msg":
		return fieldMsg
	case "retry":
		return fieldRetry
	case "in":
		return fieldIn
	}
	return fieldCount
}

// fieldSet is a set of fields, one bit each.
type fieldSet uint32

func set(list ...field) fieldSet {
	var s fieldSet
	for _, f := range list {
		s |= 1 << f
	}
	return s
}

func (s fieldSet) has(f field) bool { return s&(1<<f) != 0 }

// shape says which fields a frame of a type has.
type shape struct {
	t        Type
	required fieldSet
	optional fieldSet
}

var clientShapes = [...]shape{
	{TypeMove, set(fieldT, fieldID, fieldM, fieldMove), set(fieldSeq)},
	{TypePing, set(fieldT, fieldC), 0},
	{TypeWatch, set(fieldT, fieldM), set(fieldAfter, fieldEpoch)},
	{TypeUnwatch, set(fieldT, fieldM), 0},
	{TypeAct, set(fieldT, fieldID, fieldM, fieldAct), 0},
	{TypeChat, set(fieldT, fieldID, fieldM, fieldText), 0},
}

var serverShapes = [...]shape{
	{TypeEv, set(fieldT, fieldM, fieldSeq), set(fieldK, fieldD, fieldView, fieldClock)},
	{TypeAck, set(fieldT, fieldID, fieldM, fieldSeq), 0},
	{TypePong, set(fieldT, fieldC, fieldNow), 0},
	{TypeNack, set(fieldT, fieldID, fieldM, fieldCode, fieldMsg), set(fieldRetry)},
	{TypeSync, set(fieldT, fieldM, fieldSeq, fieldSeat, fieldView, fieldMatch, fieldClock), set(fieldReset)},
	{TypeLive, set(fieldT, fieldM, fieldSeq, fieldView, fieldMatch, fieldClock), 0},
	{
		TypeHello,
		set(fieldT, fieldProto, fieldBoot, fieldEpoch, fieldServer, fieldPlayer, fieldPing, fieldMax, fieldNow), 0,
	},
	{TypeRestarting, set(fieldT, fieldIn), 0},
	{TypeError, set(fieldT, fieldCode, fieldMsg), set(fieldM)},
}

// Fields returns the fields that a frame of a type always has, and those that it may have; none for a type that is not in
// the lists.
func Fields(t Type) (always, may []string) {
	for _, shapes := range [][]shape{clientShapes[:], serverShapes[:]} {
		for i := range shapes {
			if shapes[i].t == t {
				return shapes[i].required.names(), shapes[i].optional.names()
			}
		}
	}
	return nil, nil
}

func (s fieldSet) names() (list []string) {
	for f := range fieldCount {
		if s.has(f) {
			list = append(list, fields[f].name)
		}
	}
	return list
}

// must returns the sentence about a field whose value is not what it must be.
func (f field) must() string {
	spec := &fields[f]
	var what string
	switch spec.rule {
	case ruleText:
		what = "a text that is not empty"
		if spec.max > 0 {
			what = fmt.Sprintf("a text of 1 to %d characters", spec.max)
		}
	case ruleMatch:
		what = fmt.Sprintf("a match id, %d to %d of A-Z a-z 0-9 _ -", MinMatchIDChars, MaxMatchIDChars)
	case ruleAction:
		what = "one of " + enumerate(actions[:])
	case ruleKind:
		what = "one of " + enumerate(kinds[:])
	case ruleCode:
		what = "one of " + enumerate(Codes())
	case ruleNumber:
		what = fmt.Sprintf("a whole number from 0 to %d", MaxNumber)
	case ruleSeat:
		what = fmt.Sprintf("a whole number from %d to %d", SeatWatcher, MaxNumber)
	case ruleObject:
		what = "an object"
	case ruleClock:
		what = "an object; in a sync or live null where the match has no clock"
	case ruleTrue:
		what = "true, or left out"
	}
	return fmt.Sprintf("The field %q must be %s.", spec.name, what)
}

// enumerate writes a closed list with commas.
func enumerate[T ~string](list []T) string {
	var text []byte
	for i, word := range list {
		if i > 0 {
			text = append(text, ", "...)
		}
		text = append(text, word...)
	}
	return string(text)
}
