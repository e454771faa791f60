package web

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/wire"
)

// section is the part of the README under a heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n"+heading+"\n")
	if !found {
		t.Fatalf("the README has no section %s", heading)
	}
	level, _, _ := strings.Cut(heading, " ")
	for _, end := range []string{"\n" + level + " ", "\n## "} {
		rest, _, _ = strings.Cut(rest, end)
	}
	return rest
}

// found is what the first group of a pattern matches, each once, sorted.
func found(text, pattern string) []string {
	var all []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func texts[T ~string](list []T) []string {
	all := make([]string, len(list))
	for i, x := range list {
		all[i] = string(x)
	}
	slices.Sort(all)
	return all
}

func TestReadmeListsWhatTheWireHas(t *testing.T) {
	same := func(what string, wire, readme []string) {
		t.Helper()
		if diff := cmp.Diff(wire, readme); diff != "" {
			t.Errorf("%s, code (-) and README (+):\n%s", what, diff)
		}
	}
	codes := section(t, "## Errors")
	same("codes", texts(wire.Codes()), found(codes, "(?m)^\\| `([a-z_]+)`"))
	for _, code := range wire.Codes() {
		if row := "| `" + string(code) + "` | " + strconv.Itoa(code.Status()) + " |"; !strings.Contains(codes, row) {
			t.Errorf("the README has no row %s", row)
		}
	}
	client := section(t, "### From the client")
	same("frames from the client", texts(wire.ClientTypes()), found(client, `\{"t":"([a-z]+)"`))
	same("frames from the server", texts(wire.ServerTypes()), found(section(t, "### From the server"), `\{"t":"([a-z]+)"`))
	same("acts", texts(wire.Actions()), found(section(t, "### Acts"), "(?m)^\\| `([a-z]+(?::[a-z]+)?)` \\|"))
	same("event kinds", texts(wire.Kinds()), found(section(t, "### Events"), "(?m)^\\| `([a-z]+)` \\|"))
	var closes []string
	for _, code := range wire.CloseCodes() {
		closes = append(closes, strconv.Itoa(int(code)))
	}
	slices.Sort(closes)
	same("close codes", closes, found(section(t, "### Close codes"), `(?m)^\| ([0-9]+) \|`))
	_, states, _ := strings.Cut(section(t, "## HTTP"), "`state` is one of")
	states, _, _ = strings.Cut(states, ". ")
	same("states", texts(wire.States()), found(states, "`([a-z]+)`"))
}

func TestReadmeHasTheFieldsOfEveryFrame(t *testing.T) {
	for heading, types := range map[string][]wire.Type{"### From the client": wire.ClientTypes(), "### From the server": wire.ServerTypes()} {
		text := section(t, heading)
		for _, frame := range types {
			row := regexp.MustCompile(`(?m)^\| .(\{"t":"` + string(frame) + `".*\}). \|`).FindString(text)
			always, may := wire.Fields(frame)
			slices.Sort(always)
			slices.Sort(may)
			if diff := cmp.Diff(always, found(row, `[{,]"(\w+)":`)); diff != "" {
				t.Errorf("%s, what it always has, code (-) and README (+):\n%s", frame, diff)
			}
			if diff := cmp.Diff(may, found(row, `,"(\w+)"\?:`)); diff != "" {
				t.Errorf("%s, what it may have, code (-) and README (+):\n%s", frame, diff)
			}
		}
	}
}

// keysOf are the names of a JSON object's fields, sorted.
func keysOf(t *testing.T, object []byte) []string {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(object, &fields); err != nil {
		t.Fatalf("%v: %s", err, object)
	}
	return slices.Sorted(maps.Keys(fields))
}

// What each event tells: as the match writes it, as the golden frame has it, and as the README says.
func TestReadmeHasTheFieldsOfEveryEvent(t *testing.T) {
	var golden struct {
		Cases []struct {
			Name  string
			Value struct {
				Kind wire.Kind
				Data json.RawMessage
			}
		}
	}
	file, err := os.ReadFile("../testdata/wire/ev.json")
	if err == nil {
		err = json.Unmarshal(file, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	events := section(t, "### Events")
	for _, c := range golden.Cases {
		if c.Name != string(c.Value.Kind) || c.Value.Kind == wire.KindRevealed {
			continue // a special case of a kind; or the game's own
		}
		row := regexp.MustCompile("(?m)^\\| `" + c.Name + "` \\| `[^`]*`").FindString(events)
		readme := found(row, `"(\w+)"`)
		if diff := cmp.Diff(keysOf(t, c.Value.Data), readme); diff != "" {
			t.Errorf("%s, golden frame (-) and README (+):\n%s", c.Name, diff)
		}
		e := game.Event{Kind: game.EventKind(c.Name), Move: "1", What: "draw", Result: game.Drawn(game.ReasonAgreed)}
		d, visible := e.AppendFor(nil, 0)
		if !visible {
			t.Errorf("the match tells nothing of %s", c.Name)
			continue
		}
		if diff := cmp.Diff(keysOf(t, d), readme); diff != "" {
			t.Errorf("%s, code (-) and README (+):\n%s", c.Name, diff)
		}
	}
}

func TestReadmeHasTheResults(t *testing.T) {
	_, results, _ := strings.Cut(section(t, "### Events"), "A **result** is")
	results, _, _ = strings.Cut(results, "\n")
	_, results, _ = strings.Cut(results, "}`")
	words := texts([]game.Kind{game.Win, game.Draw, game.Coop, game.Void})
	for _, r := range []game.Reason{
		game.ReasonLine, game.ReasonFour, game.ReasonRounds, game.ReasonFleet, game.ReasonFull, game.ReasonTreasure, game.ReasonDead,
		game.ReasonFlag, game.ReasonResign, game.ReasonAgreed, game.ReasonClaim, game.ReasonNotReady,
	} {
		words = append(words, string(r))
	}
	slices.Sort(words)
	if diff := cmp.Diff(words, found(results, "`([a-z_]+)`")); diff != "" {
		t.Errorf("results, code (-) and README (+):\n%s", diff)
	}
}

func TestReadmeListsTheRoutes(t *testing.T) {
	h := openHouse(t, func(o *Options) { o.Rooms, o.Loopback = demos, true })
	routes := slices.DeleteFunc(h.routes(), func(r string) bool { return !strings.Contains(r, " /api/") })
	const row = "(?m)^\\| `([A-Z]+ /api/[^ ?`]+)"
	listed := slices.Concat(found(section(t, "## HTTP"), row), found(section(t, "## The shop"), row), found(section(t, "## The jobs"), row))
	slices.Sort(listed)
	if diff := cmp.Diff(routes, listed); diff != "" {
		t.Errorf("routes, code (-) and README (+):\n%s", diff)
	}
}

func TestReadmeExamplesWork(t *testing.T) {
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIPPED: the examples need %s", tool)
		}
	}
	h := openHouse(t, nil)
	_, script, _ := strings.Cut(section(t, "## Try it"), "```sh\n")
	script, _, _ = strings.Cut(script, "```")
	if !strings.Contains(script, "BASE=http://127.0.0.1:8080\n") {
		t.Fatal("the examples have no BASE")
	}
	script = strings.Replace(script, "http://127.0.0.1:8080", h.url, 1)
	script = strings.ReplaceAll(script, "curl -s ", "curl -sS --fail-with-body --noproxy '*' -w '\\n' ")
	cmd := exec.Command("sh", "-eu", "-c", script)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, part := range []string{`"name":"Ann"`, `"token"`, `"url":"` + h.url + "/m/", `"state":"playing"`, `"id":"connect4"`, `[Seat1 "Easy bot"]`, `"watchers":0`} {
		if !strings.Contains(string(out), part) {
			t.Errorf("the examples do not give %s:\n%s", part, out)
		}
	}
	if _, err := os.Stat(filepath.Join(cmd.Dir, "jar")); err != nil {
		t.Error(err)
	}
}
