package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	testMatch = "m7Qk2XvT9bLr4Ws1"
	testMove  = `{"t":"move","id":"c3f1e8a0-17","m":"m7Qk2XvT9bLr4Ws1","move":"4","seq":17}`
)

func TestDecodeLength(t *testing.T) {
	frame := []byte(testMove + strings.Repeat(" ", MaxInbound-len(testMove)))
	if _, refusal := Decode(frame); refusal != nil {
		t.Errorf("%d bytes are refused: %v", len(frame), refusal)
	}
	frame = append(frame, ' ')
	_, refusal := Decode(frame)
	want := Refusal{
		Answer: AnswerClose, Close: CloseTooBig, Code: CodeTooLarge, Msg: "The frame has 8193 bytes; at most 8192 are allowed.",
	}
	if refusal == nil || *refusal != want {
		t.Errorf("%d bytes give %+v, want %+v", len(frame), refusal, want)
	}
	if refusal != nil && refusal.Frame() != nil {
		t.Errorf("a connection that is to be closed is answered by %v", refusal.Frame())
	}
}

func TestDecodeEmpty(t *testing.T) {
	for _, data := range [][]byte{nil, {}} {
		if _, refusal := Decode(data); refusal == nil || refusal.Close != CloseMalformed {
			t.Errorf("nothing gives %+v", refusal)
		}
		if _, err := DecodeServer(data); !errors.Is(err, ErrMalformed) {
			t.Errorf("nothing gives %v", err)
		}
	}
}

// TestOptional: zero is a number, and the zero value is none.
func TestOptional(t *testing.T) {
	for _, c := range []struct {
		after Optional
		want  string
	}{
		{Optional{}, `{"t":"watch","m":"m7Qk2XvT9bLr4Ws1"}`},
		{Some(0), `{"t":"watch","m":"m7Qk2XvT9bLr4Ws1","after":0}`},
		{Some(41), `{"t":"watch","m":"m7Qk2XvT9bLr4Ws1","after":41}`},
	} {
		frame := Watch{Match: testMatch, After: c.after}
		text := frame.Append(nil)
		if string(text) != c.want {
			t.Errorf("got %s, want %s", text, c.want)
		}
		if got, refusal := Decode(text); refusal != nil || got != frame {
			t.Errorf("%s reads %#v (refused: %v), want %#v", text, got, refusal, frame)
		}
	}
}

func TestRefusalError(t *testing.T) {
	_, refusal := Decode([]byte(`{"t":"jump"}`))
	if want := `bad_request: The frame type "jump" is unknown.`; refusal == nil || refusal.Error() != want {
		t.Errorf("got %v, want %s", refusal, want)
	}
}

// TestDecodeDepth nests as deep as a frame can be long.
func TestDecodeDepth(t *testing.T) {
	for _, pair := range []string{"[]", "{}"} {
		open, inner := pair[:1], "0"
		if pair == "{}" {
			open, inner = `{"":`, "{}"
		}
		n := (MaxInbound - len(testMove) - len(`,"x":`) - len(inner)) / (len(open) + 1)
		deep := strings.Repeat(open, n) + inner + strings.Repeat(pair[1:], n)
		checkDecode(t, []byte(strings.TrimSuffix(testMove, "}")+`,"x":`+deep+"}"))
		checkDecode(t, []byte(strings.TrimSuffix(testMove, "}")+`,"x":`+deep[:len(deep)-1]+"}"))
		checkDecode(t, []byte(strings.Repeat(open, n)))
	}
}

// TestDecodeOwnsMemory: the gateway reads the next frame into the same buffer.
func TestDecodeOwnsMemory(t *testing.T) {
	for _, in := range goldenInputs(t, "client") {
		frame, refusal := Decode(in)
		var kept Refusal
		if refusal != nil {
			kept = *refusal
		}
		var before []byte
		if frame != nil {
			before = frame.Append(nil)
		}
		kept.ID, kept.Match, kept.Msg = strings.Clone(kept.ID), strings.Clone(kept.Match), strings.Clone(kept.Msg)
		for i := range in {
			in[i] = '#'
		}
		if frame != nil && !bytes.Equal(before, frame.Append(nil)) {
			t.Errorf("%s is now %s", before, frame.Append(nil))
		}
		if refusal != nil && *refusal != kept {
			t.Errorf("%+v is now %+v", kept, *refusal)
		}
	}
}

// TestEvHidden: whatever the caller has set, an event without a kind shows its number and nothing else.
func TestEvHidden(t *testing.T) {
	raw := json.RawMessage(`{"secret":1}`)
	got := string(Ev{Match: testMatch, Seq: 4, Data: raw, View: raw, Clock: raw}.Append(nil))
	if want := `{"t":"ev","m":"m7Qk2XvT9bLr4Ws1","seq":4}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEvWithoutData(t *testing.T) {
	got := string(Ev{Match: testMatch, Seq: 4, Kind: KindGone}.Append(nil))
	if want := `{"t":"ev","m":"m7Qk2XvT9bLr4Ws1","seq":4,"k":"gone","d":{}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestClock(t *testing.T) {
	for _, c := range []struct {
		clock Clock
		want  string
	}{
		{
			Clock{Left: []int64{58000, 61500}, Increment: 1000, Running: []int64{0}, Now: 1769000000123},
			`{"left":[58000,61500],"increment":1000,"perMove":0,"running":[0],"now":1769000000123}`,
		},
		{
			Clock{Left: []int64{5}, PerMove: 30000, Running: []int64{}, Now: 1},
			`{"left":[5],"increment":0,"perMove":30000,"running":[],"now":1}`,
		},
	} {
		got := c.clock.Append([]byte("before"))
		if string(got) != "before"+c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
		back, err := DecodeClock(got[len("before"):])
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(c.clock, back); diff != "" {
			t.Errorf("DecodeClock (-written +read):\n%s", diff)
		}
	}
	if got := string(Clock{}.Append(nil)); got != `{"left":[],"increment":0,"perMove":0,"running":[],"now":0}` {
		t.Errorf("the zero clock is %s", got)
	}
	if _, err := DecodeClock(json.RawMessage(`{"left":7}`)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a malformed clock gives %v", err)
	}
}

// TestTables checks that the tables of this package tell the same story.
func TestTables(t *testing.T) {
	for f := range fieldCount {
		if got := lookup([]byte(fields[f].name)); got != f {
			t.Errorf("the field %q is found as %d, not %d", fields[f].name, got, f)
		}
		if !strings.Contains(f.must(), " must be ") || strings.HasSuffix(f.must(), "must be .") {
			t.Errorf("the field %q has the sentence %q", fields[f].name, f.must())
		}
	}
	shapes := map[string]shape{}
	for _, sh := range append(clientShapes[:], serverShapes[:]...) {
		shapes[string(sh.t)] = sh
	}
	if len(shapes) != len(oracleFields) {
		t.Errorf("%d shapes, %d frames in the protocol", len(shapes), len(oracleFields))
	}
	for name, want := range oracleFields {
		for f := range fieldCount {
			rule, ok := want[fields[f].name]
			if f == fieldT {
				rule, ok = "text", true
			}
			optional := strings.HasSuffix(rule, "?")
			if sh := shapes[name]; sh.required.has(f) != (ok && !optional) || sh.optional.has(f) != (ok && optional) {
				t.Errorf("the field %q of %q: the protocol says %q", fields[f].name, name, rule)
			}
		}
	}
}

// TestCodes checks the statuses against the protocol's table, and what becomes of a code that is not in it.
func TestCodes(t *testing.T) {
	want := map[int]string{
		400: "bad_request", 401: "unauthorized", 403: "forbidden not_a_player", 404: "not_found",
		409: "full game_over stale not_your_turn too_early conflict", 410: "gone", 413: "too_large", 415: "unsupported",
		422: "illegal_move", 429: "rate_limited", 500: "internal", 503: "busy unavailable",
	}
	got := map[int]string{}
	for _, c := range Codes() {
		got[c.Status()] = strings.TrimSpace(got[c.Status()] + " " + string(c))
		if s := c.Sentence(); !c.Known() || !strings.HasSuffix(s, ".") || len(s) > MaxCloseReason {
			t.Errorf("%s: known %v, sentence %q", c, c.Known(), s)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statuses (-protocol +now):\n%s", diff)
	}
	stray := Code("oops")
	if stray.Known() || stray.Status() != 500 || stray.Sentence() != CodeInternal.Sentence() || stray.RetryAfter() || stray.RetryNack() {
		t.Error("a code that is not in the list is not treated as internal")
	}
	if !StateVoid.Known() || State("draw").Known() || Kind("").Known() || Action("").Known() {
		t.Error("a closed list is not closed")
	}
	if CloseCode(1000).Reason() != "" || CloseTooSlow.Reason() != "too slow" {
		t.Error("wrong reasons for closing")
	}
}

// TestListsAreCopies: a caller that sorts a closed list must not sort it for others.
func TestListsAreCopies(t *testing.T) {
	Kinds()[0], Actions()[0], States()[0], Codes()[0] = "x", "x", "x", "x"
	ClientTypes()[0], ServerTypes()[0], CloseCodes()[0] = "x", "x", 0
	if Kinds()[0] != KindJoined || Actions()[0] != ActReady || States()[0] != StateOpen || Codes()[0] != CodeBadRequest ||
		ClientTypes()[0] != TypeWatch || ServerTypes()[0] != TypeHello || CloseCodes()[0] != CloseGoingAway {
		t.Error("a closed list was changed from outside")
	}
}
