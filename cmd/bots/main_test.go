package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/everturn/everturn/cmd/bots/internal/scenario"
)

var built struct {
	once sync.Once
	dir  string
	path string
	err  error
}

// builtServer is a server for all tests.
func builtServer(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds the server")
	}
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "everturn-bots-test-"); built.err == nil {
			built.path, built.err = scenario.BuildServer(context.Background(), built.dir)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(built.dir)
	os.Exit(code)
}

// TestAWholeRun starts a server, kills it a few times, and reports it in every form.
func TestAWholeRun(t *testing.T) {
	server := builtServer(t)
	dir := t.TempDir()
	jsonFile, htmlFile := filepath.Join(dir, "run.json"), filepath.Join(dir, "run.html")
	var out, errs bytes.Buffer
	code := execute(context.Background(), []string{
		"--scenario", "chaos", "--server", server, "--matches", "6", "--games", "tictactoe,rps", "--think", "5ms", "--every", "400ms", "--duration", "2s",
		"--json", jsonFile, "--html", htmlFile, "--require", "moves/s>1", "--require", "p50<5s",
	}, streams{&out, &errs})
	if code != 0 {
		t.Fatalf("code %d\n%s\n%s", code, &out, &errs)
	}
	for _, part := range []string{"scenario chaos", "nothing lost, nothing doubled", "move to ack on disk", "kept    moves/s>1"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the summary lacks %q:\n%s", part, &out)
		}
	}
	var run struct {
		Moves  struct{ Count int }
		Server struct{ Restarts int }
		Times  struct{ Reconnect struct{ Count int } }
		Box    struct{ Clean bool }
		Notes  []struct{ Text string }
	}
	b, err := os.ReadFile(jsonFile)
	if err == nil {
		err = json.Unmarshal(b, &run)
	}
	if err != nil || run.Moves.Count == 0 || run.Server.Restarts == 0 || run.Times.Reconnect.Count == 0 || !run.Box.Clean ||
		len(run.Notes) == 0 || !strings.HasPrefix(run.Notes[0].Text, "kill 1: the server was ready again after ") {
		t.Errorf("%+v, %v", run, err)
	}
	if b, err := os.ReadFile(htmlFile); err != nil || !bytes.Contains(b, []byte("</html>")) {
		t.Errorf("%d bytes of HTML: %v", len(b), err)
	}
}

func TestOutputsAreMadeFirst(t *testing.T) {
	var errs bytes.Buffer
	code := execute(context.Background(), []string{"--json", filepath.Join(t.TempDir(), "no", "such", "run.json")}, streams{&bytes.Buffer{}, &errs})
	if code != exitFailed || !strings.Contains(errs.String(), "--json: ") {
		t.Errorf("code %d: %s", code, &errs)
	}
}

func TestAMissedRequirementIsCode1(t *testing.T) {
	server := builtServer(t)
	var out, errs bytes.Buffer
	code := execute(context.Background(), []string{
		"--scenario", "chaos", "--server", server, "--matches", "2", "--every", "10s", "--duration", "300ms", "--require", "p50<1us",
	}, streams{&out, &errs})
	if code != 1 || !strings.Contains(out.String(), "MISSED  p50<1us") {
		t.Errorf("code %d\n%s\n%s", code, &out, &errs)
	}
}

// TestForeignGames: a game that the bots do not know is asked for at the server. One that was started for that is gone afterwards.
func TestForeignGames(t *testing.T) {
	server := builtServer(t)
	data := t.TempDir()
	t.Setenv("TMPDIR", data)
	for _, game := range []string{"chess", "dungeon"} { // which nobody has, and which is not for two against each other
		var out, errs bytes.Buffer
		code := execute(context.Background(), []string{"--scenario", "chaos", "--server", server, "--games", game, "--duration", "1s"}, streams{&out, &errs})
		if want := "no \"" + game + "\" for two bots"; code != exitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: code %d, %q lacks %q", game, code, errs.String(), want)
		}
	}
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range processes {
		if line, err := os.ReadFile(p); err == nil && bytes.Contains(line, []byte(data)) {
			t.Errorf("left behind: %s", bytes.ReplaceAll(line, []byte{0}, []byte(" ")))
		}
	}
}
