package main

import (
	"bytes"
	"encoding/json"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
)

// TestReset asks, deletes only what is ours and nobody uses, and deletes a damaged database, too.
func TestReset(t *testing.T) {
	isLong(t)
	reset := func(data, answer string, args ...string) (int, string) {
		var b bytes.Buffer
		code := execute(t.Context(), append([]string{"reset", "--data", data}, args...), streams{strings.NewReader(answer), printer{&b}, printer{&b}})
		return code, b.String()
	}
	data := played(t, true)
	for _, answer := range []string{"", "no\n", "y\n"} {
		if code, out := reset(data, answer); code != exitFailed || !strings.Contains(out, data) || !strings.Contains(out, "--yes") {
			t.Errorf("%q: exit code %d: %s", answer, code, out)
		}
		if there, _ := exists(data); !there {
			t.Fatalf("%q has deleted it", answer)
		}
	}
	if code, out := reset(data, "yes\n"); code != 0 {
		t.Errorf("exit code %d: %s", code, out)
	}
	if there, _ := exists(data); there {
		t.Error("it is still there")
	}
	if code, out := reset(data, ""); code != 0 || !strings.Contains(out, "nothing to delete") {
		t.Errorf("again: exit code %d: %s", code, out)
	}
	empty := t.TempDir()
	if code, out := reset(empty, ""); code != 0 || !strings.Contains(out, "nothing to delete") || len(dirNames(t, empty)) != 0 {
		t.Errorf("an empty one: exit code %d: %s", code, out)
	}
	damaged := damagedTable(t)
	if code, out := reset(damaged, "", "--yes"); code != 0 {
		t.Errorf("exit code %d: %s", code, out)
	}
	foreign := foreignDirectory(t)
	if code, out := reset(foreign, "", "--yes"); code != exitFailed || !strings.Contains(out, "holiday.jpg") {
		t.Errorf("exit code %d: %s", code, out)
	}
	used := dataOf(startServer(t, newData(t), "--addr", "127.0.0.1:0"))
	if code, out := reset(used, "", "--yes"); code != exitFailed || !strings.Contains(out, "another server") {
		t.Errorf("exit code %d: %s", code, out)
	}
	for _, dir := range []string{foreign, used} {
		if len(dirNames(t, dir)) == 0 {
			t.Errorf("%s is empty", dir)
		}
	}
}

// TestDoctor finds nothing on a sound machine, and names what is bad on another; it makes no directory.
func TestDoctor(t *testing.T) {
	isLong(t)
	data := newData(t)
	out := mustRun(t, "doctor", "--data", data, "--addr", "127.0.0.1:0", "--min-free", "1MiB")
	for _, want := range []string{"ok   port", "ok   directory", "ok   disk", "ok   fsync", "ok   clock"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if names := dirNames(t, filepath.Dir(data)); len(names) != 0 {
		t.Errorf("it has made %v", names)
	}
	if !strings.Contains(out, "All is well") {
		t.Errorf("it does not say so:\n%s", out)
	}
	mustRun(t, "doctor", "--data", played(t, true), "--addr", "127.0.0.1:0", "--min-free", "1MiB")
	for name, bad := range map[string]struct{ dir, want string }{
		"foreign": {foreignDirectory(t), "holiday.jpg"}, "newer": {newerFormat(t), "format 2"},
		"in use":   {dataOf(startServer(t, newData(t), "--addr", "127.0.0.1:0")), "another server"},
		"too long": {filepath.Join(t.TempDir(), strings.Repeat("long", 30)), "shorter data directory"},
	} {
		code, out, errOut := run(t, nil, "doctor", "--data", bad.dir, "--addr", "127.0.0.1:0", "--min-free", "1MiB")
		if code != exitFailed || !strings.Contains(out, "BAD  directory") || !strings.Contains(out, bad.want) || !strings.Contains(errOut, "one of these") {
			t.Errorf("%s: exit code %d\n%s%s", name, code, out, errOut)
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	code, out, errOut := run(t, nil, "doctor", "--data", aFile(t), "--addr", taken.Addr().String(), "--min-free", "900TiB")
	for _, want := range []string{"BAD  port", "BAD  directory", "BAD  disk"} {
		if code != exitFailed || !strings.Contains(out, want) {
			t.Errorf("exit code %d, %q is not in\n%s%s", code, want, out, errOut)
		}
	}
}

// TestReplay records the history of a match, as testdata/histories are recorded, and replays it; one with its moves in
// another order is refused.
func TestReplay(t *testing.T) {
	s := defaults()
	s.Data, s.MinFree = newData(t), -1
	e, err := openEngine(&s, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx := t.Context()
	ann, _, err := e.desk.Register(ctx, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	made, err := e.desk.Create(ctx, ann, game.NewMatch{Game: "tictactoe", Seats: []string{"bot:3"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	e.desk.Command(made.ID, ann.ID, "k1", game.Command{Kind: game.CommandMove, Move: "5"}, func(_ game.Ack, err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	snapshot, history, err := e.host.Log(orchestrator.InstanceID(made.ID))
	if err != nil || len(history) < 2 {
		t.Fatalf("%d entries, %v", len(history), err)
	}
	dir := t.TempDir()
	head := historyHeader{Instance: made.ID, Incarnation: snapshot.Incarnation, Generation: snapshot.Generation}
	record := func(name string, entries ...[]byte) string {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		err := enc.Encode(head)
		for _, entry := range entries {
			if err == nil {
				err = enc.Encode(historyEntry{entry})
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name)
		write(t, file, b.Bytes())
		return file
	}
	good := record("good.jsonl", history...)
	if out := mustRun(t, "replay", good); !strings.Contains(out, "ok   "+good) {
		t.Error(out)
	}
	garbage, empty := filepath.Join(dir, "garbage"), filepath.Join(dir, "empty")
	write(t, garbage, []byte(`{"instance":"x"}`+"\nno entry\n"))
	write(t, empty, nil)
	for _, bad := range []string{
		record("without-its-start.jsonl", history[1:]...),
		record("twice.jsonl", append(history[:len(history):len(history)], history[1:]...)...),
		record("bytes.jsonl", []byte("no history")),
		garbage, empty, filepath.Join(dir, "missing"),
	} {
		code, out, errOut := run(t, nil, "replay", good, bad)
		if code != exitFailed || !strings.Contains(out, "BAD  "+bad) || !strings.Contains(errOut, "1 of 2") || strings.Contains(out, "goroutine") {
			t.Errorf("%s: exit code %d\n%s%s", bad, code, out, errOut)
		}
	}
}

// TestConsoleLog: without a terminal the log is JSON, and console lines have no colours.
func TestConsoleLog(t *testing.T) {
	for format, want := range map[string]string{"": `"message":"said"`, "json": `"message":"said"`, "console": "INF said"} {
		var b bytes.Buffer
		s := defaults()
		s.LogFormat = format
		log := newLogger(&s, printer{&b})
		log.Info().Msg("said")
		if !strings.Contains(b.String(), want) || strings.Contains(b.String(), "\x1b") {
			t.Errorf("%q: %q", format, b.String())
		}
	}
}
