package wire

import (
	"fmt"
	"slices"
)

// Answer is how a refused frame is to be answered.
type Answer uint8

// The answers to a refused frame.
const (
	AnswerClose Answer = iota + 1 // close the connection
	AnswerNack                    // send a Nack
	AnswerError                   // send an Error
)

// Refusal says why a frame from a client was refused, and how to answer. It is an error; one that is nil is none, but
// like any typed nil must not be put into an error variable.
type Refusal struct {
	Answer Answer
	Close  CloseCode // with AnswerClose, else 0
	Code   Code
	Msg    string // a sentence that names the field and its limit; with AnswerClose it fits into a close frame
	ID     string // the command's, with AnswerNack
	Match  string // empty if the frame named no well-formed match
}

// Error returns the code and the sentence.
func (r *Refusal) Error() string { return fmt.Sprintf("%s: %s", r.Code, r.Msg) }

// Frame returns the Nack or Error to send; nil where the connection is to be closed instead.
func (r *Refusal) Frame() ServerFrame {
	switch r.Answer {
	case AnswerNack:
		return Nack{ID: r.ID, Match: r.Match, Code: r.Code, Msg: r.Msg}
	case AnswerError:
		return Error{Code: r.Code, Msg: r.Msg, Match: r.Match}
	}
	return nil
}

// Decode reads a text frame from a client. The frame it returns keeps nothing of data.
//
// It refuses, in this order:
//   - more than MaxInbound bytes: close CloseTooBig;
//   - what is not valid UTF-8, not JSON, or not an object with a string t: close CloseMalformed;
//   - an unknown t: an Error;
//   - a known t with a field twice, unknown, missing, of the wrong type or beyond its limit: a Nack if the frame has
//     exactly one id and that is usable, whatever else is wrong and whether or not this t has one; else an Error.
//
// Keys are compared exactly, after their escapes are read. A lone surrogate escape reads as U+FFFD. Numbers must be
// written as digits only: 1.0, 1e3 and -0 are refused.
func Decode(data []byte) (ClientFrame, *Refusal) {
	if len(data) > MaxInbound {
		msg := fmt.Sprintf("The frame has %d bytes; at most %d are allowed.", len(data), MaxInbound)
		return nil, &Refusal{Answer: AnswerClose, Close: CloseTooBig, Code: CodeTooLarge, Msg: msg}
	}
	var o object
	if msg := o.parse(data); msg != "" {
		return nil, malformed(msg)
	}
	sh, ok := o.shape(clientShapes[:])
	if !ok {
		return nil, malformed(noType)
	}
	if sh == nil {
		return nil, o.refusal(o.unknownType())
	}
	if msg := o.misfit(sh); msg != "" {
		r := o.refusal(msg)
		if o.usable(fieldID) {
			r.Answer, r.ID = AnswerNack, o.string(fieldID)
		}
		return nil, r
	}
	return o.client(sh.t), nil
}

const noType = `The frame has no text "t".`

func (o *object) unknownType() string {
	return fmt.Sprintf("The frame type %s is unknown.", quote(o.text(fieldT)))
}

func malformed(msg string) *Refusal {
	return &Refusal{Answer: AnswerClose, Close: CloseMalformed, Code: CodeBadRequest, Msg: msg}
}

// refusal makes the answer to a frame without usable id.
func (o *object) refusal(msg string) *Refusal {
	r := &Refusal{Answer: AnswerError, Code: CodeBadRequest, Msg: msg}
	if o.usable(fieldM) {
		r.Match = o.string(fieldM)
	}
	return r
}

// usable says whether a field is there, once, and right: then it is known what a refused frame meant by it.
func (o *object) usable(f field) bool {
	return o.seen.has(f) && !o.twice.has(f) && o.valid(f)
}

// client makes the frame of an object that fits the shape of its type.
func (o *object) client(t Type) ClientFrame {
	switch t {
	case TypeMove:
		id, m, move := o.strings(fieldID, fieldM, fieldMove)
		return Move{ID: id, Match: m, Move: move, Seq: o.optional(fieldSeq)}
	case TypePing:
		return Ping{C: o.number(fieldC)}
	case TypeWatch:
		return Watch{Match: o.string(fieldM), After: o.optional(fieldAfter), Epoch: o.optional(fieldEpoch)}
	case TypeUnwatch:
		return Unwatch{Match: o.string(fieldM)}
	case TypeAct:
		id, m, act := o.strings(fieldID, fieldM, fieldAct)
		return Act{ID: id, Match: m, Act: actions[slices.Index(actions[:], Action(act))]}
	case TypeChat:
		id, m, text := o.strings(fieldID, fieldM, fieldText)
		return Chat{ID: id, Match: m, Text: text}
	}
	panic("wire: a client shape without a frame: " + string(t))
}
