package web

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
	_, acts, _ := strings.Cut(client, `"act":A}`)
	acts, _, _ = strings.Cut(acts, "\n")
	same("acts", texts(wire.Actions()), found(acts, "`([a-z]+(?::[a-z]+)?)`"))
	_, kinds, _ := strings.Cut(section(t, "### From the server"), "Event kinds:")
	same("event kinds", texts(wire.Kinds()), found(kinds, "`([a-z]+)`"))
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

func TestReadmeListsTheRoutes(t *testing.T) {
	h := openHouse(t, nil)
	var routes []string
	for _, r := range h.router().Routes() {
		if strings.HasPrefix(r.Path, "/api/") && slices.Contains([]string{"GET", "POST", "PATCH", "DELETE"}, r.Method) {
			path := strings.ReplaceAll(strings.ReplaceAll(r.Path, ":match", "2222"), ":id", "x")
			if answer := h.do(call{method: r.Method, path: path}); answer.StatusCode != 405 {
				routes = append(routes, r.Method+" "+regexp.MustCompile(`:(\w+)`).ReplaceAllString(r.Path, "{$1}"))
			}
		}
	}
	slices.Sort(routes)
	if diff := cmp.Diff(routes, found(section(t, "## HTTP"), "(?m)^\\| `([A-Z]+ /api/[^ ?`]+)")); diff != "" {
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
