package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// makeGolden makes the database: one run that ends in order, so that there are
// tables; and one that is killed, with messages under way between partitions. It
// does not know a definition, so that somebody is set aside.
func makeGolden(t *testing.T, data string) *golden {
	goldenBusy = true
	defer func() { goldenBusy = false }()
	told, live := &golden{}, filepath.Join(t.TempDir(), "live")
	s := openScene(t, live, true)
	s.first(told)
	s.must(s.e.Close())
	s = openScene(t, live, false)
	begin(s, goldenTell, "golden-tell", 1)
	if err := s.e.client.Suspend(s.ctx, "golden-lost", ""); orchestrator.ToFailure(err).Code != orchestrator.CodeUnavailable {
		t.Fatalf("golden-lost is not set aside: %v", err)
	}
	s.second(told)
	s.wantFamilies()
	s.must(os.CopyFS(data, os.DirFS(live)))
	return told
}

// wantFamilies sees that rows of every kind are in the database: the third byte
// of a key says which.
func (s *scene) wantFamilies() {
	s.t.Helper()
	seen := map[byte]int{}
	s.must(s.e.store.View(func(rd durable.Reader) error {
		return rd.Scan([]byte{0, 0}, []byte{0, byte(s.e.store.Partitions())}, false, func(key, _ []byte) bool {
			seen[key[2]]++
			return true
		})
	}))
	for _, family := range "mijloqtwvxd" {
		if seen[byte(family)] == 0 {
			s.t.Errorf("there are no rows of the family %c: %v", family, seen)
		}
	}
}

// first is the run that ends in order.
func (s *scene) first(told *golden) {
	var err error
	told.Ann, _, err = s.e.desk.Register(s.ctx, "Ann")
	s.must(err)
	told.Ben, _, err = s.e.desk.Register(s.ctx, "Ben")
	s.must(err)
	s.note(told, s.match(told, game.NewMatch{Game: "tictactoe"}, "0 1", "1 4", "0 2", "1 5", "0 3"))
	s.note(told, s.match(told, game.NewMatch{Game: "connect4"}, "0 4", "1 4", "0 3", "1 resign"))
	s.note(told, s.match(told, game.NewMatch{Game: "tictactoe", Clock: &game.ClockSpec{Initial: 600_000, Increment: 1000}}, "0 1", "1 4", "0 2"), "1 5", "0 3")

	for n := range 40 { // more than a few rows
		begin(s, goldenFail, fmt.Sprint("golden-failed-", n), n)
		_, err := goldenPay.DoAs(s.ctx, s.ents, entities.Request{Caller: "golden", ID: fmt.Sprint(n)}, fmt.Sprint("purse ", n), n)
		s.must(err)
	}
	begin(s, goldenLost, "golden-lost", 0)
	begin(s, goldenWait, "golden-gone", 1)
	s.must(s.e.client.Terminate(s.ctx, "golden-gone", "enough"))
	begin(s, goldenWait, "golden-done", 1)
	s.raise("golden-done", 5)
	begin(s, goldenWait, "golden-wait", 3)
	s.raise("golden-wait", 1)
	begin(s, goldenServe, "golden-serve", 0)
	for n := 1; n <= 3; n++ {
		told.Answers = append(told.Answers, s.ask(n))
	}
	_, err = goldenWrite.Do(s.ctx, s.ents, "long", 100_000)
	s.must(err)
	begin(s, goldenFan, "golden-fan", 30)
}

// second is the run that is killed.
func (s *scene) second(told *golden) {
	s.raise("golden-wait", 2)
	begin(s, goldenParent, "golden-parent", 2)
	s.until("golden-child", "")
	s.raise("golden-child", 1)
	s.until("golden-child", "1")
	begin(s, goldenWait, "golden-suspended", 2)
	s.must(s.e.client.Suspend(s.ctx, "golden-suspended", "a break"))
	s.raise("golden-suspended", 3)
	begin(s, goldenHold, "golden-hold", 10)
	s.until("golden-hold", `"inside"`)
	begin(s, goldenHold, "golden-next", 20)
	s.must(goldenPay.Signal(s.ents, "b", 7)) // waits for the lock
	s.must(s.ents.Signal(s.ctx, goldenPurses.ID("d"), "pay", []byte(strings.Repeat(" ", 2000)+"9"), entities.After(15*time.Second)))
	s.note(told, s.match(told, game.NewMatch{Game: "connect4", Clock: &game.ClockSpec{Initial: 600_000}}, "0 4", "1 4", "0 3", "1 3"), "0 2", "1 2", "0 1")
	s.note(told, s.match(told, game.NewMatch{Game: "tictactoe"}, "0 5"), "1 resign")
	told.Answers = append(told.Answers, s.ask(4))
	begin(s, goldenSleep, "golden-sleep", 10*time.Second)
	// Now the disk of all partitions but one fails, as it were: what goes out from there is stored, and does not arrive.
	id := "golden-send"
	sender := uint16(orchestrator.InstanceID(id).Partition(s.e.store.Partitions()))
	if sender == uint16(goldenPurses.ID("c").Partition(s.e.store.Partitions())) {
		s.t.Fatal("choose another id: the message would stay in its partition")
	}
	s.gate.close(func(p uint16) bool { return p != sender })
	begin(s, goldenSend, id, 11)
	s.gate.close(func(uint16) bool { return true })
}

func (s *scene) ask(n int) int {
	s.t.Helper()
	got, err := goldenAsk.Do(s.ctx, s.e.client, "golden-serve", n, orchestrator.RequestID("golden", fmt.Sprint("ask ", n)))
	s.must(err)
	return got
}

// note notes what is told of a match, with the moves that will end it.
func (s *scene) note(told *golden, match string, moves ...string) {
	s.t.Helper()
	summary, events, err := s.e.desk.Match(match)
	s.must(err)
	told.Matches = append(told.Matches, goldenMatch{match, events, summary.State, moves})
}

// check opens a golden database, looks for everything that was told, and lets
// everything that is under way come to its end.
func (told *golden) check(t *testing.T, data string) {
	s := openScene(t, data, true)
	var said strings.Builder
	if err := s.e.verify(printer{&said}); err != nil {
		t.Errorf("%v\n%s", err, said.String())
	}
	for n, want := range told.Answers { // the answers are kept
		if got := s.ask(n + 1); got != want {
			t.Errorf("request %d is answered %d, and was %d", n+1, got, want)
		}
	}
	for _, m := range told.Matches {
		s.checkMatch(told, m)
	}
	s.checkEnds(told)
	s.checkPurses()
	if list := s.running(); len(list) > 0 {
		t.Errorf("still under way: %v", list)
	}
	if n := s.e.host.Stats().Quarantined.Load(); n > 0 {
		t.Errorf("%d set aside: %v", n, s.e.host.Stats().Quarantine())
	}
}

// checkMatch plays a match to its end, and lets it be.
func (s *scene) checkMatch(told *golden, m goldenMatch) {
	s.t.Helper()
	summary, events, err := s.e.desk.Match(m.ID)
	s.must(err)
	if events != m.Events || summary.State != m.State {
		s.t.Errorf("match %s is %s with %d events, and was %s with %d", m.ID, summary.State, events, m.State, m.Events)
	}
	if summary.State == game.StatePlaying {
		s.checkTakeback(told, m.ID)
	}
	s.play(told, m.ID, "late", m.Moves)
	if summary, _, err = s.e.desk.Match(m.ID); err != nil || summary.Result == nil {
		s.t.Errorf("match %s has no result after its last move: %+v, %v", m.ID, summary, err)
	}
	if _, err := s.e.desk.Record(m.ID, told.Ann.ID, 1); err != nil {
		s.t.Errorf("record of %s: %v", m.ID, err)
	}
	err = s.e.client.Terminate(s.ctx, m.ID, "the end of the test") // it would wait for a rematch
	if f := orchestrator.ToFailure(err); f != nil && f.Code == orchestrator.CodeGone && m.State == game.StateFinished {
		err = nil // its day of waiting was over before the database was opened
	}
	s.must(err)
}

// checkTakeback has moves taken back that were made before, and made again.
func (s *scene) checkTakeback(told *golden, match string) {
	s.t.Helper()
	s.play(told, match, "talk", []string{"1 draw:offer", "0 draw:decline", "0 takeback:ask", "1 takeback:accept"})
	r, err := s.e.desk.Record(match, told.Ann.ID, 0)
	s.must(err)
	var undone []string
	for _, m := range r.Moves {
		if m.Undone {
			undone = append(undone, fmt.Sprint(m.Seat, " ", m.Move))
		}
	}
	if len(undone) == 0 {
		s.t.Errorf("nothing of %s was taken back", match)
	}
	s.play(told, match, "again", undone)
}

// checkEnds gives everybody what they wait for.
func (s *scene) checkEnds(told *golden) {
	s.t.Helper()
	s.raise("golden-wait", 3)
	s.raise("golden-child", 2)
	s.must(s.e.client.Resume(s.ctx, "golden-suspended", ""))
	s.raise("golden-suspended", 4)
	s.raise("golden-hold", 0)
	s.raise("golden-next", 0)
	s.raise("golden-wait", 1) // said before: nothing happens
	_, err := goldenAsk.Do(s.ctx, s.e.client, "golden-serve", 0)
	if err != nil && orchestrator.ToFailure(err).Code != orchestrator.CodeEnded {
		s.t.Error(err)
	}
	for id, want := range map[string]string{
		"golden-done": "5", "golden-wait": "6", "golden-child": "3", "golden-parent": "3", "golden-suspended": "7",
		"golden-hold": "10", "golden-next": "30", "golden-serve": fmt.Sprint(told.Answers[len(told.Answers)-1]),
		"golden-fan": "8555", "golden-sleep": "3", "golden-send": "11", "golden-lost": "1", "golden-gone": `"enough"`,
	} {
		status, err := s.e.client.Wait(s.ctx, id)
		if err != nil || string(status.Output) != want {
			s.t.Errorf("%s ended as %v with %s (%v, %v), not %s", id, status.State, status.Output, status.Failure, err, want)
		}
	}
}

func (s *scene) checkPurses() {
	s.t.Helper()
	want := map[string]int{"a": 30, "b": 7, "c": 11}
	for n := range 40 {
		want[fmt.Sprint("purse ", n)] = n
	}
	for key, want := range want {
		if got, err := goldenPay.Do(s.ctx, s.ents, key, 0); err != nil || got != want {
			s.t.Errorf("%s has %d, not %d (%v)", key, got, want, err)
		}
	}
	if got, err := goldenWrite.Do(s.ctx, s.ents, "long", 1); err != nil || got != 100_001 {
		s.t.Errorf("the long note has %d characters, %v", got, err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) { // a signal that was sent for later
		got, _, _, err := goldenPurses.Read(s.ents, "d")
		s.must(err)
		if got == 9 {
			return
		}
		if time.Now().After(deadline) || got != 0 {
			s.t.Fatalf("d has %d, not 9", got)
		}
	}
}

func (s *scene) running() (ids []string) {
	for _, state := range []orchestrator.State{orchestrator.Pending, orchestrator.Running, orchestrator.Suspended} {
		list, err := s.e.client.List(state, orchestrator.Cursor{}, 100)
		s.must(err)
		for _, x := range list {
			ids = append(ids, x.ID.Key)
		}
	}
	return ids
}
