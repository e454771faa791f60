package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var updatePoints = flag.Bool("update-points", false, "make ACCEPTANCE.md anew from the names of the tests")

// points are what the client promises, in the order of their numbers; each is shown by a test of the browser that has the
// number in its name, among others if it looks at several on the way.
var points = []string{
	"from a cold load to a playable board in two clicks, without a form",
	"guest name and session outlive a reload; the name can be changed",
	"a friend comes by a link or a code of four letters",
	"the link can be copied, and is a QR code with a text",
	"the third visitor watches, and is sent nothing hidden",
	"a board can be played by keyboard alone",
	"every control has a focus ring",
	"the opponent's moves are announced in words",
	"an illegal move is explained and changes nothing",
	"pieces differ by shape, too; the strong palette stands out 3:1",
	"text has a contrast of 4.5:1 in both themes",
	"the theme is the system's until one is chosen",
	"with reduced motion nothing moves",
	"360x640: nothing to scroll sideways, targets of 44 px",
	"a phone on its side shows board and clocks",
	"the piece is there within 50 ms, and solid once it is acknowledged",
	"a refused move goes back, with the reason",
	"a double click is one move",
	"a cut is told within 2 s, and what is played meanwhile waits",
	"after a cut the missed moves come in order, once",
	"a killed server loses nothing, and nobody reloads",
	"a move made while the server is down is delivered once",
	"clocks agree with the server; 10 s are announced once",
	"a clock survives a restart, and the shift is stated",
	"a timeout ends the game on both screens",
	"the win can be claimed from who is gone, after a countdown",
	"resigning asks; draws are offered and answered; a rematch swaps the first move",
	"a takeback restores board and clocks",
	"rock, paper, scissors: the choice is nowhere until both have chosen",
	"battleship: enemy ships are nowhere until they are hit, or the end",
	"the replay's positions are the server's",
	"a saved record, opened again, shows the same end",
	"the latency has figures, words and colours",
	"sounds wait for a gesture and can be muted; nothing is only heard",
	"a hidden tab says \"your move\"",
	"two tabs of a player stay in step",
	"back, forward and deep links work, also into a replay",
	"unknown and finished matches have pages that help",
	"chat is text, bounded, and limited with a word",
	"no errors, nothing foreign, a content policy, nothing serious found by axe-core",
	"the inspector shows a move within a second, and marks what an entity's state differs in",
	"inspector: the plug asks first, shows down and up, and all that ran runs again",
	"no crash routes without a workshop; the inspector heeds no page of another origin",
	"modules alone, nothing to build: with --dev an edit shows on refresh",
}

// TestAcceptancePointsHaveTests holds ACCEPTANCE.md to the tests there are.
func TestAcceptancePointsHaveTests(t *testing.T) {
	tests := map[int][]string{}
	files, err := filepath.Glob("browser_*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (TestBrowser((?:_\d\d)+)_\w+)\(`).FindAllStringSubmatch(string(source), -1) {
			for number := range strings.SplitSeq(m[2][1:], "_") {
				n, _ := strconv.Atoi(number)
				tests[n] = append(tests[n], m[1])
			}
		}
	}
	var b strings.Builder
	b.WriteString("# What the client promises\n\nEach point, and the tests of the browser that show it: `go test ./cmd/server -run 'TestBrowser.*_NN_'`. The table is made by\n" +
		"`go test ./cmd/server -run TestAcceptancePointsHaveTests -update-points`, and the test holds it to the names there are.\n\n| | point | tests |\n|---|---|---|\n")
	for i, point := range points {
		names := tests[i+1]
		if len(names) == 0 {
			t.Errorf("point %d, %s, has no test", i+1, point)
		}
		slices.Sort(names)
		fmt.Fprintf(&b, "| %d | %s | `%s` |\n", i+1, point, strings.Join(names, "`, `"))
		delete(tests, i+1)
	}
	for n, names := range tests {
		t.Errorf("there is no point %d for %q", n, names)
	}
	if *updatePoints {
		if err := os.WriteFile("ACCEPTANCE.md", []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile("ACCEPTANCE.md"); err != nil || string(got) != b.String() {
		t.Errorf("ACCEPTANCE.md is not what the tests' names make of it: %v", err)
	}
}
