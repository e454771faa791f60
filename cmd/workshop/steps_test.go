package workshop

import "testing"

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

func TestStep1Counter(t *testing.T) { step(t, "01-counter", nil) }

func TestStep2Move(t *testing.T)   { step(t, "02-move", nil) }
func TestStep3Choose(t *testing.T) { step(t, "03-choose", nil) }
func TestStep4Replay(t *testing.T) { step(t, "04-replay", nil) }
func TestStep5Settle(t *testing.T) { step(t, "05-settle", nil) }
