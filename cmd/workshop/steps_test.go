package workshop

import (
	"os"
	"strings"
	"testing"
)

// step plays the text of a step.
func step(t *testing.T, name string, prepare func(p *player)) {
	t.Helper()
	t.Parallel()
	if testing.Short() && name != "01-counter" {
		t.Skip("one step is enough for a short run")
	}
	p := newPlayer(t, name)
	if prepare != nil {
		prepare(p)
	}
	p.play()
}

// TestStep0Run: the browser's part is played over its protocol.
func TestStep0Run(t *testing.T) {
	step(t, "00-run", func(p *player) {
		p.asIs = true
		g := &guest{}
		p.hands = map[string]func(*player){
			"open <http://localhost:8080>, choose Tic-tac-toe, press **Play the bot**, and make a move. No form: you are a guest.": g.playBot,
			"the page says *Reconnecting*. Click a free cell all the same: your move waits.":                                       g.moveAnyway,
			"the page comes back by itself, says that nothing was lost, and the move that waited is played, once. Play on.":        g.playedOnce,
		}
	})
}

func TestStep1Counter(t *testing.T)    { step(t, "01-counter", nil) }
func TestStep2Move(t *testing.T)       { step(t, "02-move", nil) }
func TestStep3Choose(t *testing.T)     { step(t, "03-choose", nil) }
func TestStep4Replay(t *testing.T)     { step(t, "04-replay", nil) }
func TestStep5Settle(t *testing.T)     { step(t, "05-settle", nil) }
func TestStep6Matchmaker(t *testing.T) { step(t, "06-matchmaker", nil) }
func TestStep7FanOut(t *testing.T)     { step(t, "07-fanout", nil) }

// TestStep8Nim plays with fewer bots for a shorter time, and kills more often.
func TestStep8Nim(t *testing.T) {
	step(t, "08-nim", func(p *player) {
		p.small = map[string]string{"--matches 100": "--matches 10", "--every 10s": "--every 1500ms", "--duration 60s": "--duration 5s"}
		g := &guest{}
		p.hands = map[string]func(*player){
			"open <http://localhost:8080>, choose Nim, press **Play the bot**, and take a stone.": g.playBot,
		}
	})
}

// TestNimIsShort: the rules have less than a hundred lines, comments and imports included.
func TestNimIsShort(t *testing.T) {
	source, err := os.ReadFile("08-nim/done/nim.go")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, line := range strings.Split(string(source), "\n") {
		if line = strings.TrimSpace(line); line != "" && line != endMark && !strings.HasPrefix(line, cutMark) {
			lines++
		}
	}
	if lines >= 100 {
		t.Errorf("the rules of Nim have %d lines", lines)
	}
}
