package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"

	"github.com/everturn/everturn/cmd/internal/bot"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/plug"
	"github.com/everturn/everturn/web/wire"
)

func startWorkshop(t testing.TB, data string) *child {
	t.Helper()
	return startServer(t, data, "--workshop", "--addr", "127.0.0.1:0", "--rate-limit", "off", "--log-level", "warn")
}

// pid is that of the server itself, as the supervisor has said last.
func (c *child) pid() int {
	c.t.Helper()
	var all [][]string // the line that names it comes after the one with the address
	waitFor(c.t, func() bool {
		all = regexp.MustCompile(`process (\d+)`).FindAllStringSubmatch(c.out.String(), -1)
		return len(all) > 0
	}, func() string { return "it does not name the process: " + c.out.String() })
	pid, err := strconv.Atoi(all[len(all)-1][1])
	if err != nil {
		c.t.Fatal(err)
	}
	return pid
}

// shownPlug is what the server says of its plug.
type shownPlug struct {
	Boot    string
	Moments []plug.Choice
	Waiting *plug.Moment
	Last    *plug.Cut
}

func (c *child) plug() (shown shownPlug) {
	c.t.Helper()
	answer, err := http.Get(c.url + plug.Path) //nolint:noctx // of a child on loopback
	if err == nil {
		err = errors.Join(json.NewDecoder(answer.Body).Decode(&shown), answer.Body.Close())
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return shown
}

// pull pulls the plug; then does something, if there is something to do; and gives what came of it.
func (c *child) pull(t *testing.T, m plug.Moment, do func()) plug.Cut {
	t.Helper()
	boot := c.plug().Boot
	if status := post(t, c.url+plug.Path, `{"moment":"`+string(m)+`"}`); status != http.StatusAccepted {
		t.Fatalf("%s: status %d", m, status)
	}
	if do != nil {
		if w := c.plug().Waiting; w == nil || *w != m {
			t.Errorf("%s is not waited for: %v", m, w)
		}
		do()
	}
	return c.back(t, boot)
}

// back waits until another process than the one of a boot answers.
func (c *child) back(t *testing.T, boot string) plug.Cut {
	t.Helper()
	var now shownPlug
	waitFor(t, func() bool {
		answer, err := http.Get(c.url + plug.Path) //nolint:noctx // of a child on loopback
		if err != nil {
			return false // it was answering when it was killed
		}
		now = shownPlug{}
		return json.NewDecoder(answer.Body).Decode(&now) == nil && answer.Body.Close() == nil && now.Boot != boot
	}, func() string { return "the server does not come back: " + c.out.String() + c.log.String() })
	if now.Last == nil {
		t.Fatal("what came of it is not told")
	}
	return *now.Last
}

// playing are two people at a match.
type playing struct {
	t       *testing.T
	c       *child
	api     *bot.API
	players [2]bot.Player
	match   string
}

func newPlaying(t *testing.T, c *child) *playing {
	t.Helper()
	p := &playing{t: t, c: c, api: &bot.API{URL: c.url}}
	for i, name := range []string{"Ann", "Ben"} {
		var err error
		if p.players[i], err = p.api.NewPlayer(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	var made struct{ ID string }
	p.call(p.players[0], "/api/matches", `{"game":"tictactoe","clock":{"initial":600000,"increment":0}}`, &made)
	p.match = made.ID
	p.call(p.players[1], "/api/matches/"+made.ID+"/join", `{}`, &made)
	return p
}

func (p *playing) call(who bot.Player, path, body string, into any) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.c.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+who.Token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := errors.Join(json.NewDecoder(answer.Body).Decode(into), answer.Body.Close()); err != nil || answer.StatusCode > 299 {
		p.t.Fatalf("%s: %d, %v", path, answer.StatusCode, err)
	}
}

// send sends a move.
func (p *playing) send(conn *websocket.Conn, id, move string) {
	p.t.Helper()
	if err := conn.WriteMessage(websocket.TextMessage, wire.Move{ID: id, Match: p.match, Move: move}.Append(nil)); err != nil {
		p.t.Fatal(err)
	}
}

// move makes a move on a connection of its own, and gives the number that it was acknowledged with.
func (p *playing) move(seat int, id, move string) int64 {
	p.t.Helper()
	conn := connect(p.t, p.c.url, p.players[seat].Token)
	defer conn.Close()
	p.send(conn, id, move)
	f, err := read(conn)
	ack, ok := f.(wire.Ack)
	if err != nil || !ok {
		p.t.Fatalf("move %s: %#v, %v", move, f, err)
	}
	return ack.Seq
}

// made are the moves that are recorded.
func (p *playing) made() (moves string) {
	p.t.Helper()
	r, err := p.api.Record(p.t.Context(), p.match, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, m := range r.Moves {
		moves += m.Move
	}
	return moves
}

// TestPlug kills a server at each moment while two people play, and holds what it says came of it against what they saw.
func TestPlug(t *testing.T) {
	t.Parallel()
	c := startWorkshop(t, newData(t))
	p := newPlaying(t, c)
	if got := c.plug(); len(got.Moments) != 4 || got.Waiting != nil || got.Last != nil {
		t.Errorf("at the beginning: %+v", got)
	}
	same := func(cut plug.Cut, moment plug.Moment, acked, deaths int) {
		t.Helper()
		if cut.Moment == nil || *cut.Moment != moment || cut.Deaths != deaths || cut.DownMS <= 0 || cut.DownMS > startTimeout.Milliseconds() {
			t.Errorf("%s: %+v", moment, cut)
		}
		if want := (plug.Recovered{Before: 1, Recovered: 1}); cut.Matches != want || cut.Instances != want {
			t.Errorf("%s: matches %+v, instances %+v", moment, cut.Matches, cut.Instances)
		}
		if cut.Moves != (plug.Moves{Acked: acked}) {
			t.Errorf("%s: moves %+v, and %d were acknowledged", moment, cut.Moves, acked)
		}
		// Clocks run on 3 s after the engine was opened: on a very busy machine that may be before the server is ready.
		if cut.Clocks == nil || cut.Clocks.Matches != 1 || cut.Clocks.MovedMS > max(300, cut.DownMS-2500) {
			t.Errorf("%s: clocks %+v", moment, cut.Clocks)
		}
	}
	p.move(0, "k1", "5")
	if seq := p.move(0, "k1", "5"); seq == 0 { // asked again: one move
		t.Error("no number")
	}
	same(c.pull(t, plug.Now, nil), plug.Now, 1, 1)

	// Ben's move is on disk, and he is not told; when he asks again, he is, and the move is there once.
	conn := connect(t, c.url, p.players[1].Token)
	cut := c.pull(t, plug.AfterCommit, func() { p.send(conn, "k2", "1") })
	same(cut, plug.AfterCommit, 0, 1)
	if cut.Commit == nil || !cut.Commit.Stored || cut.Commit.Turns < 1 || cut.Commit.Rows < 2 {
		t.Errorf("after the commit: %+v", cut.Commit)
	}
	if f, err := read(conn); err == nil {
		t.Errorf("he was told %#v", f)
	}
	p.move(1, "k2", "1")
	if got := p.made(); got != "51" {
		t.Errorf("moves: %s", got)
	}

	// Ann's move was computed only.
	conn = connect(t, c.url, p.players[0].Token)
	cut = c.pull(t, plug.BeforeCommit, func() { p.send(conn, "k3", "2") })
	same(cut, plug.BeforeCommit, 1, 1)
	if cut.Commit == nil || cut.Commit.Stored || cut.Commit.Turns < 1 {
		t.Errorf("before the commit: %+v", cut.Commit)
	}
	if got := p.made(); got != "51" {
		t.Errorf("moves: %s", got)
	}
	p.move(0, "k3", "2")

	cut = c.pull(t, plug.InReplay, nil)
	same(cut, plug.InReplay, 1, 2)
	if r := cut.Replay; r == nil || r.Instance != p.match || r.Turns < 1 || r.Turns >= r.Of {
		t.Errorf("in a replay: %+v", r)
	}
	p.move(1, "k4", "8")
	if got := p.made(); got != "5128" {
		t.Errorf("moves: %s", got)
	}
	if lines := strings.Count(c.out.String(), "1 match recovered, 0 moves lost"); lines != 4 {
		t.Errorf("%d lines in\n%s", lines, c.out.String())
	}
	c.signal(terminate)
	if code := c.end(startTimeout); code != 0 {
		t.Errorf("exit code %d: %s", code, c.log.String())
	}
}

// TestPlugIsTakenBack: a moment that has not come can be forgotten, and what is no moment is refused.
func TestPlugIsTakenBack(t *testing.T) {
	t.Parallel()
	c := startWorkshop(t, newData(t))
	boot := c.plug().Boot
	for body, want := range map[string]int{
		`{"moment":"later"}`: http.StatusBadRequest, `{}`: http.StatusBadRequest, `now`: http.StatusBadRequest,
		`{"moment":"now","how":"softly"}`: http.StatusBadRequest,
		`{"moment":"in-replay"}`:          http.StatusConflict, // nothing runs
		`{"moment":"before-commit"}`:      http.StatusAccepted,
	} {
		if got := post(t, c.url+plug.Path, body); got != want {
			t.Errorf("%s: %d", body, got)
		}
	}
	if w := c.plug().Waiting; w == nil {
		t.Fatal("nothing is waited for")
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, c.url+plug.Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil || answer.StatusCode != http.StatusNoContent {
		t.Fatal(answer, err)
	}
	answer.Body.Close()
	newPlaying(t, c) // commits, and nobody dies
	if now := c.plug(); now.Waiting != nil || now.Boot != boot {
		t.Errorf("%+v", now)
	}
}

// TestSupervisor: who comes while the server is away waits; the address stays; each death is one line.
func TestSupervisor(t *testing.T) {
	t.Parallel()
	c := startWorkshop(t, newData(t))
	for n := 1; n <= 3; n++ {
		if err := syscall.Kill(c.pid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		http.DefaultClient.CloseIdleConnections()
		waitFor(t, func() bool { return strings.Count(c.out.String(), "The server was killed; back after") == n },
			func() string { return "no line is said: " + c.out.String() + c.log.String() })
		cut := c.plug().Last
		if cut == nil || cut.Moment != nil || cut.Deaths != 1 || cut.DownMS <= 0 {
			t.Fatalf("it says %+v", cut)
		}
	}
	// Several who come in the very moment.
	answers := make(chan error, 20)
	if err := syscall.Kill(c.pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for range cap(answers) {
		go func() {
			client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			answer, err := client.Get(c.url + "/healthz") //nolint:noctx // of a child on loopback
			if err == nil {
				err = answer.Body.Close()
			}
			answers <- err
		}()
	}
	for range cap(answers) {
		if err := <-answers; err != nil && !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "EOF") {
			t.Errorf("refused, and not made to wait: %v", err) // the dying one may have taken it
		}
	}
	c.signal(terminate)
	if code := c.end(startTimeout); code != 0 {
		t.Errorf("exit code %d: %s", code, c.log.String())
	}
}

// TestSupervisorEnds as the server does: in time and with success when told to, at once when told twice; and a supervisor
// that is killed leaves no server behind.
func TestSupervisorEnds(t *testing.T) {
	t.Parallel()
	data := newData(t)
	c := startWorkshop(t, data)
	stuck(t, c)
	began := time.Now()
	c.signal(terminate)
	if code := c.end(startTimeout); code != 0 {
		t.Errorf("a signal: exit code %d: %s", code, c.log.String())
	}
	if took := time.Since(began); took > 5*time.Second+2*detectorPause { // one process after the other
		t.Errorf("it took %s", took)
	}
	c = startServer(t, data, "--workshop", "--addr", "127.0.0.1:0")
	stuck(t, c)
	c.signal(terminate)
	waitFor(t, func() bool { return strings.Contains(c.log.String(), "stopping") }, func() string { return "the first signal does nothing" })
	c.signal(terminate)
	if code := c.end(startTimeout); code != exitFailed {
		t.Errorf("two signals: exit code %d: %s", code, c.log.String())
	}
	c = startWorkshop(t, data)
	c.kill() // it ends when both have let go of what they say
	if code, out, errOut := run(t, nil, "verify", "--data", data); code != 0 {
		t.Errorf("the directory is not free: %s%s", out, errOut)
	}
}

// TestSupervisorGivesUp where starting again does not help, and says why.
func TestSupervisorGivesUp(t *testing.T) {
	t.Parallel()
	code, out, errOut := run(t, []string{crashing + "=1"}, "--workshop", "--addr", "127.0.0.1:0", "--data", newData(t))
	if code != exitFailed || out != "" || !strings.Contains(errOut, "6 times in a row") || !strings.Contains(errOut, "signal: killed") {
		t.Errorf("a server that always dies: exit code %d\n%s%s", code, out, errOut)
	}
	code, out, errOut = run(t, nil, "--workshop", "--addr", "127.0.0.1:0", "--data", foreignDirectory(t))
	if code != exitFailed || out != "" || strings.Count(errOut, "holiday.jpg") != 1 {
		t.Errorf("a server that cannot start: exit code %d\n%s%s", code, out, errOut)
	}
	used := startWorkshop(t, newData(t))
	code, out, errOut = run(t, nil, "--workshop", "--addr", strings.TrimPrefix(used.url, "http://"), "--data", newData(t))
	if code != exitFailed || out != "" || !strings.Contains(errOut, "--addr :0") {
		t.Errorf("a port that is taken: exit code %d\n%s%s", code, out, errOut)
	}
	code, out, errOut = run(t, nil, "--workshop", "--addr", "127.0.0.1:0", "--data", dataOf(used))
	if code != exitFailed || out != "" || !strings.Contains(errOut, "another server") {
		t.Errorf("a directory in use: exit code %d\n%s%s", code, out, errOut)
	}
	code, _, errOut = run(t, []string{supervisedVariable + "=1"}, "--workshop", "--addr", "127.0.0.1:0", "--data", newData(t))
	if code != exitFailed || !strings.Contains(errOut, supervisedVariable) {
		t.Errorf("no supervisor: exit code %d\n%s", code, errOut)
	}
}

// TestLostMovesAreCounted: what was acknowledged and is not in the database is lost, and is said to be.
func TestLostMovesAreCounted(t *testing.T) {
	var told witness
	for _, m := range []moved{{"a", 3}, {"a", 5}, {"a", 5}, {"b", 7}} {
		told.hear(&notice{Moved: &m})
	}
	if l := told.left(); l.Acked != 3 || l.Moves["a"].Count != 2 || l.Moves["b"].Count != 1 {
		t.Errorf("%+v", l)
	}
	for n := range uint64(3 * keptMatches) {
		told.hear(&notice{Moved: &moved{strconv.Itoa(int(n)), 1}})
	}
	if n := len(told.left().Moves); n < keptMatches || n > 2*keptMatches {
		t.Errorf("%d matches are kept", n)
	}
	for n := range uint64(3 * keptMoves) {
		told.hear(&notice{Moved: &moved{"long", n + 1}})
	}
	if l := told.left().Moves["long"]; l.Count != 3*keptMoves || len(l.Last) != keptMoves || l.Last[keptMoves-1] != 3*keptMoves {
		t.Errorf("%d moves, %d are known by number", l.Count, len(l.Last))
	}

	s := defaults()
	s.Data, s.MinFree = newData(t), -1
	e, err := openEngine(&s, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ann, _, err := e.desk.Register(t.Context(), "Ann")
	if err != nil {
		t.Fatal(err)
	}
	made, err := e.desk.Create(t.Context(), ann, game.NewMatch{Game: "tictactoe", Seats: []string{"bot:1"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	_, seq, err := e.desk.Match(made.ID)
	if err != nil {
		t.Fatal(err)
	}
	w := &ward{engine: e, keys: keysOf(4), left: &left{
		Died: 1, Deaths: 1, Acked: 9,
		Census: &census{Matches: []runningMatch{{ID: made.ID}, {ID: "gone"}}, Instances: []string{made.ID, "gone"}},
		Moves:  map[string]*ackedMoves{made.ID: {Count: 5, Last: []uint64{seq, seq + 1, seq + 2}}, "gone": {Count: 4, Last: []uint64{1}}},
	}}
	cut, err := w.compare()
	if err != nil {
		t.Fatal(err)
	}
	half := plug.Recovered{Before: 2, Recovered: 1}
	if cut.Moves != (plug.Moves{Acked: 9, Lost: 6}) || cut.Matches != half || cut.Instances != half || cut.Clocks != nil {
		t.Errorf("%+v", cut)
	}
	if got := cut.String(); got != "1 of 2 matches recovered, 6 moves lost" {
		t.Error(got)
	}
}
