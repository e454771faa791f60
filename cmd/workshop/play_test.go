package workshop

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// player plays one text, as a learner with two terminals would.
type player struct {
	t       *testing.T
	text    *readme
	dir     string // where commands run: it stands for the top of the repository
	repo    string
	edits   *edits
	program *program // nil while none runs
	addr    string   // of the program, from its first start on
	command string   // the last one
	said    string   // what that said; empty for a program, which says more and more

	asIs  bool                       // the start program is one to start, too: there is nothing to fill in
	hands map[string]func(p *player) // by what the text says
	small map[string]string          // what of a command is made smaller, so that a test takes seconds
}

func newPlayer(t *testing.T, step string) *player {
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	p := &player{t: t, text: readText(t, step), dir: t.TempDir(), repo: repo}
	p.edits = newEdits(t, repo, step)
	t.Cleanup(func() {
		if p.program != nil {
			p.program.kill()
			if t.Failed() {
				t.Logf("the program said:\n%s", p.program.said.String())
			}
		}
	})
	return p
}

// play plays the text to its end.
func (p *player) play() {
	p.t.Helper()
	for i := range p.text.parts {
		part := &p.text.parts[i]
		switch part.kind {
		case "sh":
			for _, command := range part.commands() {
				p.run(part.line, command)
			}
		case "text":
			p.expect(part)
		case "diff":
			p.edits.apply(part)
		case "hand":
			act := p.hands[part.arg]
			if act == nil {
				p.t.Fatalf("line %d: nobody plays %q", part.line, part.arg)
			}
			act(p)
		}
	}
}

// starts are the commands that start what runs on.
var starts = regexp.MustCompile(`^go run (\./cmd/workshop/\S+|\./cmd/server)( --\S+( [^-]\S*)?)*$`)

// run runs one command of the text.
func (p *player) run(line int, command string) {
	p.t.Helper()
	began := time.Now()
	defer func() { p.t.Logf("line %d, %.1f s: %s", line, time.Since(began).Seconds(), command) }()
	p.command, p.said = command, ""
	switch fields := strings.Fields(command); {
	case starts.MatchString(command):
		p.start(line, fields[2], fields[3:])
	case strings.HasPrefix(command, "go build -o "):
		p.copyBuilt(fields[3], fields[4])
	case strings.HasPrefix(command, "go test "):
		p.said = p.goTest(fields[2:])
	default:
		p.said = p.shell(command)
	}
	if strings.HasPrefix(command, "kill -9 ") {
		if p.program == nil {
			p.t.Fatalf("line %d: nothing runs that could be killed", line)
		}
		select {
		case <-p.program.ended:
			p.program = nil
		case <-time.After(patience):
			p.t.Fatalf("line %d: the program lives on", line)
		}
	}
}

// start starts the program that the text names; the done one where it says start, since nobody has filled that in here.
func (p *player) start(line int, pkg string, args []string) {
	p.t.Helper()
	if p.program != nil {
		p.t.Fatalf("line %d: a program runs already: the text does not say how it ends", line)
	}
	pkg = strings.TrimPrefix(pkg, "./")
	addr := p.addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	if strings.HasSuffix(pkg, "cmd/server") {
		args = append(args, "--log-format", "console")
	}
	if !p.asIs {
		pkg = doneOf(pkg)
	}
	path := build(p.t, pkg, p.edits.overlay())
	p.program, p.addr = start(p.t, p.dir, path, append(args, "--addr", addr)...)
}

// copyBuilt is go build -o.
func (p *player) copyBuilt(to, pkg string) {
	p.t.Helper()
	program, err := os.ReadFile(build(p.t, doneOf(strings.TrimPrefix(pkg, "./")), p.edits.overlay()))
	if err == nil {
		err = os.WriteFile(filepath.Join(p.dir, to), program, 0o700) //nolint:gosec // it is to be run
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// doneOf is the done program in the place of the start one.
func doneOf(text string) string {
	return regexp.MustCompile(`/start\b`).ReplaceAllString(text, "/done")
}

// goTest runs tests of the step with the learner's edits.
func (p *player) goTest(args []string) string {
	p.t.Helper()
	all := []string{"test"}
	if overlay := p.edits.overlay(); overlay != "" {
		all = append(all, "-overlay", overlay)
	}
	for _, arg := range args {
		all = append(all, doneOf(arg))
	}
	cmd := exec.Command("go", all...)
	cmd.Dir = p.repo
	out, _ := cmd.CombinedOutput() // that tests fail is part of the text
	return string(out)
}

var goRun = regexp.MustCompile(`go run (\./cmd/\S+)`)

// shell runs a command in a shell, to its end.
func (p *player) shell(command string) string {
	p.t.Helper()
	for long, short := range p.small {
		command = strings.ReplaceAll(command, long, short)
	}
	command = strings.ReplaceAll(command, "localhost:8080", p.addr)
	command = goRun.ReplaceAllStringFunc(command, func(run string) string {
		return build(p.t, doneOf(strings.TrimPrefix(run, "go run ./")), "")
	})
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir = p.dir
	var errors output
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("%s: %v\n%s%s", command, err, out, errors.String())
	}
	return string(out)
}

// writes says whether a command changes something, so that it must not be repeated to look again.
func writes(command string) bool {
	return !strings.HasPrefix(command, "curl ") || regexp.MustCompile(` (-X|-d|--json)\b`).MatchString(command)
}

// expect wants to see something. What only reads is looked at again until it shows: a learner is slower than the engine.
func (p *player) expect(part *part) {
	p.t.Helper()
	want := seen(part.body)
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		got := p.said
		if running := starts.MatchString(p.command); running || part.arg == "program" {
			if p.program == nil {
				p.t.Fatalf("line %d: no program runs", part.line)
			}
			got = p.program.said.String()
		} else if writes(p.command) {
			deadline = time.Time{}
		}
		if want.MatchString(got) {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("line %d, %s\nwant to see:\n%s\ngot:\n%s", part.line, p.command, part.text(), got)
		}
		if part.arg != "program" && !starts.MatchString(p.command) {
			p.said = p.shell(p.command)
		}
	}
}
