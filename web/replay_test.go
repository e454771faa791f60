package web

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

var asText = http.Header{"Accept": {"text/plain"}}

// posted is a record that is played back.
func posted(text, query string) call {
	return call{method: "POST", path: "/api/replay" + query, body: text, header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}}
}

// TestPlayBackWhatWasExported: each position of an exported record is, by its
// hash, the one that the match itself had.
func TestPlayBackWhatWasExported(t *testing.T) {
	for name, end := range map[string]game.Command{
		"by the rules": {Kind: game.CommandMove, Move: "3"},
		"resigned":     {Kind: game.CommandAct, Act: game.ActResign},
	} {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t, nil)
			ann, bea := h.enter("Ann"), h.enter("B\"ea\n")
			made := h.create(ann, `{"game":"tictactoe"}`)
			path := "/api/matches/" + made.ID
			h.ok(call{method: "POST", path: path + "/join", token: bea.token}, 200, nil)
			h.play(made.ID, ann, bea, "1", "4", "2", "5")
			done := make(chan error, 1)
			h.desk.Command(made.ID, ann.id, "end", end, func(_ game.Ack, err error) { done <- err })
			h.must(<-done)

			text := h.ok(call{method: "GET", path: path + "/record", header: asText}, 200, nil)
			var record game.Record
			h.ok(call{method: "GET", path: path + "/record"}, 200, &record)
			for _, query := range []string{"", "?seat=0", "?seat=1", "?reveal=1"} {
				var got playedBack
				h.ok(posted(string(text.body), query), 200, &got)
				if got.Match != made.ID || len(got.Positions) != len(record.Moves)+1 {
					t.Fatalf("match %s, %d positions", got.Match, len(got.Positions))
				}
				for i, p := range got.Positions {
					seq := record.To
					if i == 0 {
						seq = record.From
					} else if i < len(record.Moves) {
						seq = record.Moves[i-1].Seq
					}
					join := "?seat=-1&"
					if query != "" {
						join = query + "&"
					}
					var want game.ViewAt
					h.ok(call{method: "GET", path: path + "/position" + join + "seq=" + strconv.FormatUint(seq, 10)}, 200, &want)
					if query == "?reveal=1" { // everything, as the watcher would see it
						h.ok(call{method: "GET", path: path + "/position?reveal=1&seat=-1&seq=" + strconv.FormatUint(seq, 10)}, 200, &want)
					}
					if p.Hash != want.Hash || p.Seq != uint64(i) {
						t.Errorf("%q: position %d is %s\nthe match had %s", query, i, p.View, want.View)
					}
				}
				if diff := cmp.Diff(record.Result, got.Record.Result); diff != "" || *got.Record.Seed != *record.Seed {
					t.Errorf("the record has changed:\n%s", diff)
				}
			}
			// A text that went through an editor of another system.
			h.ok(posted("\ufeff"+strings.ReplaceAll(string(text.body), "\n", "\r\n")+"\r\n", ""), 200, nil)
		})
	}
}

const goodRecord = `[Everturn "1"]
[Game "tictactoe"]
[Number "1/1"]
[Seat0 "Ann"]
[Seat1 "Bea"]
[First "0"]
[Annotator "a tag of tomorrow"]
[Result "win 0 line"]

1. 0 1
2. 1 4
3. 0 2
4. 1 5
5. 0 3
win 0 line
`

func TestPlayBackRefusesWhatIsWrong(t *testing.T) {
	h := openHouse(t, func(o *Options) { o.NoRateLimits = true })
	h.ok(posted(goodRecord, ""), 200, nil)
	for _, c := range []struct{ old, text, says string }{
		{`[Everturn "1"]`, `[Everturn "2"]`, "no record of Everturn"},
		{`"tictactoe"`, `"chess"`, "chess"},
		{"[Seat1 \"Bea\"]\n", "", "seats"},
		{`[First "0"]`, `[First "2"]`, "seat 2"},
		{`[First "0"]`, `[First "x"]`, "First"},
		{`[First "0"]`, "[First \"0\"]\n[Option.x \"1\"]", "option"},
		{`[First "0"]`, "[First \"0\"]\n[Option.x \"{\"]", "JSON"},
		{`[First "0"]`, "[First \"0\"]\n[Seed \"12\"]", "Seed"},
		{`[First "0"]`, "[First \"0\"]\n[First \"0\"]", "Line 7"},
		{`[First "0"]`, `[First 0]`, "Line 6"},
		{"2. 1 4", "2. 1 1", "Move 2"},
		{"2. 1 4", "2. 0 4", "Move 2"},
		{"2. 1 4", "2. 9 4", "Move 2"},
		{"2. 1 4", "2. 99999999999999999999 4", "Line 11"},
		{"2. 1 4", "2. 1 ?", "hidden"},
		{"2. 1 4", "2. 1", "Line 11"},
		{"2. 1 4", "3. 1 4", "move 2 is expected"},
		{"2. 1 4", "2. 1 " + strings.Repeat("4", 129), "Line 11"},
		{"win 0 line\n", "", "missing"},
		{"win 0 line\n", "win 1 line\n", "Line 15"},
		{"win 0 line\n", "win 0 line\nmore", "behind"},
		{"win 0 line", "win 1 line", "result"},
		{"win 0 line", "*", "result"},
		{"win 0 line", `win 0 \"line`, "Result"},
		{"win 0 line", "loss 0 line", "Result"},
		{"win 0 line", "win 7 line", "winner"},
	} {
		text := strings.Replace(goodRecord, c.old, c.text, 1)
		if c.old == "win 0 line" {
			text = strings.ReplaceAll(goodRecord, c.old, c.text)
		} else if c.old == "win 0 line\n" {
			text = strings.TrimSuffix(goodRecord, c.old) + c.text
		}
		if _, detail := h.refused(posted(text, ""), 400, wire.CodeBadRequest); !strings.Contains(detail, c.says) {
			t.Errorf("%q for %q: it says %q", c.text, c.old, detail)
		}
	}
	long := strings.SplitAfter(goodRecord, "\n\n")[0]
	for i := range game.MaxPlayback + 1 {
		long += strconv.Itoa(i+1) + ". 0 1\n"
	}
	if _, detail := h.refused(posted(long+"win 0 line", ""), 400, wire.CodeBadRequest); !strings.Contains(detail, "at most 1000") {
		t.Errorf("it says %q", detail)
	}
	for _, query := range []string{"?seat=2", "?seat=-2", "?reveal=2", "?n=1"} {
		h.refused(posted(goodRecord, query), 400, wire.CodeBadRequest)
	}
	h.refused(posted("", ""), 400, wire.CodeBadRequest)
	h.refused(posted("\xff", ""), 400, wire.CodeBadRequest)
	h.refused(posted(strings.Repeat("x", api.MaxBody+1), ""), 413, wire.CodeTooLarge)
	h.refused(call{method: "POST", path: "/api/replay", body: goodRecord}, 415, wire.CodeUnsupported)
}

func TestPlaybacksAreLimited(t *testing.T) {
	h := openHouse(t, nil)
	for range playbackBurst {
		h.ok(posted(goodRecord, ""), 200, nil)
	}
	h.refused(posted(goodRecord, ""), 429, wire.CodeRateLimited)
}

// FuzzNotation: whatever the text, reading it does no harm; and what is written
// of a record that was read is read as the same.
func FuzzNotation(f *testing.F) {
	f.Add(goodRecord)
	f.Add(strings.ReplaceAll(goodRecord, "win 0 line", "*"))
	f.Fuzz(func(t *testing.T, text string) {
		r, match, err := parseNotation(text)
		if err != nil {
			return
		}
		again, sameMatch, err := parseNotation(string(appendNotation(nil, match, r)))
		if err != nil || match != sameMatch {
			t.Fatalf("%q: %v, match %q and %q", text, err, match, sameMatch)
		}
		for i := range r.Moves {
			r.Moves[i].At = 0
		}
		for i := range again.Moves {
			again.Moves[i].At = 0
		}
		if diff := cmp.Diff(r, again); diff != "" {
			t.Errorf("%q:\n%s", text, diff)
		}
	})
}

// TestPlayBackAfterTakebacksAndRematches: the end is the same also where moves
// were taken back, and where phases go on from an earlier game.
func TestPlayBackAfterTakebacksAndRematches(t *testing.T) {
	h := openHouse(t, nil)
	ann, bea := h.enter("Ann"), h.enter("Bea")
	made := h.create(ann, `{"game":"tictactoe"}`)
	path := "/api/matches/" + made.ID
	h.ok(call{method: "POST", path: path + "/join", token: bea.token}, 200, nil)
	n := 0
	do := func(who guest, c game.Command) {
		t.Helper()
		n++
		done := make(chan error, 1)
		h.desk.Command(made.ID, who.id, "c"+strconv.Itoa(n), c, func(_ game.Ack, err error) { done <- err })
		h.must(<-done)
	}
	move := func(who guest, move string) { t.Helper(); do(who, game.Command{Kind: game.CommandMove, Move: move}) }
	act := func(who guest, act string) { t.Helper(); do(who, game.Command{Kind: game.CommandAct, Act: act}) }
	move(ann, "1")
	act(bea, game.ActResign)
	act(ann, game.ActRematch)
	act(bea, game.ActRematch)
	move(bea, "1")
	move(ann, "2")
	act(bea, game.ActTakebackAsk)
	act(ann, game.ActTakebackAccept)
	move(bea, "5")
	act(ann, game.ActResign)
	for n := 1; n <= 2; n++ {
		query := "?n=" + strconv.Itoa(n)
		text := h.ok(call{method: "GET", path: path + "/record" + query, header: asText}, 200, nil)
		var record game.Record
		h.ok(call{method: "GET", path: path + "/record" + query}, 200, &record)
		var got playedBack
		h.ok(posted(string(text.body), ""), 200, &got)
		var want game.ViewAt
		h.ok(call{method: "GET", path: path + "/position?seat=-1&seq=" + strconv.FormatUint(record.To, 10)}, 200, &want)
		if last := got.Positions[len(got.Positions)-1]; last.Hash != want.Hash {
			t.Errorf("game %d ends with %s\nthe match with %s\n%s", n, last.View, want.View, text.body)
		}
		if diff := cmp.Diff(len(record.Moves), len(got.Record.Moves)); diff != "" {
			t.Errorf("game %d: moves:\n%s", n, diff)
		}
		if n == 2 && !strings.Contains(string(text.body), "\n; 1. 1 1\n; 2. 0 2\n3. 1 5\n") {
			t.Errorf("what was taken back is not marked:\n%s", text.body)
		}
	}
}
