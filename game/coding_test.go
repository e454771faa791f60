package game

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// codedMoves are moves that are written without reflection, and such that are not.
var codedMoves = []string{"", "5", "a1-h8", "a<b", "é", `"`, `\`, "a\u2028", "\x00", "\x7f", "\xff", "A1>;B2&"}

func TestCommandIsWrittenAsUsual(t *testing.T) {
	seqs := []uint64{0, 7, 999_999_999_999_999_999, 1<<64 - 1}
	commands := []Command{{}, {Kind: CommandJoin, Name: "Ann"}, {Kind: CommandAct, Act: ActClaim, Absent: []Absence{{1, 2}}}, {Kind: commandPresence, Seat: 1, Here: true}}
	for _, move := range codedMoves {
		commands = append(commands, Command{Kind: CommandMove, Move: move}, Command{Kind: CommandMove, Move: move, Name: "x"}, Command{Kind: CommandChat, Text: move})
		for i := range seqs {
			commands = append(commands, Command{Kind: CommandMove, Move: move, Seq: &seqs[i]}, Command{Kind: CommandMove, Move: move, Seq: &seqs[i], Seat: 2})
		}
	}
	for i := range commands {
		c := &commands[i]
		got, err := c.AppendJSON([]byte("x"))
		if want, _ := json.Marshal(c); err != nil || string(got) != "x"+string(want) {
			t.Errorf("%s is written as %s, %v", want, got, err)
		}
		checkCommand(t, got[1:])
	}
}

func TestAckIsWrittenAsUsual(t *testing.T) {
	for _, a := range []Ack{{}, {1, 0}, {1 << 40, 3}, {7, -1}, {1<<64 - 1, 1 << 20}} {
		got, err := a.AppendJSON(nil)
		if want, _ := json.Marshal(a); err != nil || string(got) != string(want) {
			t.Errorf("%s is written as %s, %v", want, got, err)
		}
		checkAck(t, got)
	}
}

func TestMoveEventIsWrittenAsUsual(t *testing.T) {
	events := []Event{{Kind: EventOffered, Seat: 1, What: OfferRematch}, {Kind: EventMoved}}
	for _, move := range codedMoves {
		for seat := range 3 {
			events = append(events, Event{Kind: EventMoved, Seat: seat, Move: move}, Event{Kind: EventMoved, Seat: seat, Move: move, Hidden: true},
				Event{Kind: EventMoved, Seat: seat, Move: move, Clock: &Clock{Left: []int64{1, 2}}}, Event{Kind: EventMoved, Seat: seat, Move: move, N: 1})
		}
	}
	for i := range events {
		e := &events[i]
		got := e.Encode()
		if want, _ := json.Marshal(e); string(got) != string(want) {
			t.Errorf("%s is written as %s", want, got)
		}
		checkEvent(t, got)
	}
}

// FuzzCoding: whatever the bytes, they are read as encoding/json reads them.
func FuzzCoding(f *testing.F) {
	for _, text := range []string{
		`{"k":"move","m":"5"}`, `{"k":"move","m":"5","seq":17}`, `{"k":"move","m":"5","seq":017}`, `{"k":"move","m":"5","seq":-1}`, `{"k":"move","m":"5"} `,
		`{"seq":3,"seat":1}`, `{"seq":3,"seat":70000}`, `{"seq":1e3,"seat":1}`, `{"k":"moved","s":1,"m":"5"}`, `{"k":"moved","m":"5","h":true}`, `null`, `{}`, ``,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		checkCommand(t, b)
		checkAck(t, b)
		checkEvent(t, b)
	})
}

func checkCommand(t *testing.T, b []byte) {
	t.Helper()
	var got, want Command
	checkRead(t, b, got.ReadJSON(b), json.Unmarshal(b, &want), got, want)
}

func checkAck(t *testing.T, b []byte) {
	t.Helper()
	var got, want Ack
	checkRead(t, b, got.ReadJSON(b), json.Unmarshal(b, &want), got, want)
}

// checkEvent looks at the fast way only: the other is goccy's, which is not encoding/json to the letter.
func checkEvent(t *testing.T, b []byte) {
	t.Helper()
	var got, want Event
	if got.readMoved(b) {
		checkRead(t, b, nil, json.Unmarshal(b, &want), got, want)
	}
}

func checkRead[T any](t *testing.T, b []byte, err, wanted error, got, want T) {
	t.Helper()
	if (err == nil) != (wanted == nil) {
		t.Fatalf("%q: %v, not %v", b, err, wanted)
	}
	if diff := cmp.Diff(want, got); err == nil && diff != "" {
		t.Fatalf("%q (-want +got):\n%s", b, diff)
	}
}
