package game_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/everturn/everturn/game"
)

func TestSessions(t *testing.T) {
	h := openHouse(t)
	ann, token, err := h.Register(ctx, "  Ann   of Kent ")
	h.must(err)
	if ann.Name != "Ann of Kent" {
		t.Errorf("name %q", ann.Name)
	}
	bea, _, err := h.Register(ctx, "")
	h.must(err)
	if !strings.HasPrefix(bea.Name, "Guest ") || bea.ID == ann.ID {
		t.Errorf("a guest: %+v", bea)
	}
	for range 2 { // from the cache, and from what is stored
		if p, err := h.Session(token); err != nil || p.ID != ann.ID || p.Name != ann.Name {
			t.Errorf("Ann's token: %+v, %v", p, err)
		}
		_, secret, _ := strings.Cut(token, ".")
		for name, bad := range map[string]string{
			"nothing": "", "no secret": ann.ID, "an empty secret": ann.ID + ".", "another secret": token[:len(token)-1] + "!", "shorter": token[:len(token)-1],
			"longer": token + "a", "of another player": bea.ID + "." + secret, "of nobody": strings.Repeat("a", 26) + "." + secret,
			"not an id": "x." + secret, "endless": token + strings.Repeat("a", 200),
		} {
			if _, err := h.Session(bad); refusalOf(err) != game.CodeUnauthorized {
				t.Errorf("%s: %v", name, err)
			}
		}
		h.restart()
	}
	renamed, err := h.Rename(ctx, ann.ID, "Annie")
	h.must(err)
	if p, err := h.Session(token); err != nil || p.Name != "Annie" || renamed.Name != "Annie" {
		t.Errorf("after the renaming: %+v, %v", p, err)
	}
	if _, err := h.Rename(ctx, strings.Repeat("a", 26), "X"); codeOf(err) != game.CodeNotFound {
		t.Errorf("nobody is renamed: %v", err)
	}
	if _, err := h.Player(strings.Repeat("a", 26)); refusalOf(err) != game.CodeNotFound {
		t.Errorf("nobody: %v", err)
	}
	h.must(h.EndSession(ctx, token))
	for range 2 {
		if _, err := h.Session(token); refusalOf(err) != game.CodeUnauthorized {
			t.Errorf("the token of a session that was ended: %v", err)
		}
		h.restart()
	}
	if p, err := h.Player(ann.ID); err != nil || p.Name != "Annie" {
		t.Errorf("the player stays: %+v, %v", p, err)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	h := openHouse(t)
	id := strings.Repeat("a", 26)
	var tokens []string
	for n := range 17 {
		tokens = append(tokens, fmt.Sprintf("%s.%d", id, n))
		_, err := game.PlayerEnter.Do(ctx, h.entities, id, game.SignIn("Ann", tokens[n]))
		h.must(err)
	}
	for n, token := range tokens {
		if _, err := h.Session(token); (err == nil) != (n > 0) {
			t.Errorf("session %d of 17: %v", n+1, err)
		}
	}
}

// TestSessionCacheRaces: once a session was ended, or a name changed, nobody who
// read before puts the old state back into the cache.
func TestSessionCacheRaces(t *testing.T) {
	h := openHouse(t)
	ann, token, err := h.Register(ctx, "Ann")
	h.must(err)
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = h.Session(token)
				}
			}
		})
	}
	for n := range 50 {
		name := fmt.Sprint("Ann ", n)
		_, err := h.Rename(ctx, ann.ID, name)
		h.must(err)
		if p, err := h.Session(token); err != nil || p.Name != name {
			t.Fatalf("%s is still %s, %v", name, p.Name, err)
		}
	}
	h.must(h.EndSession(ctx, token))
	if _, err := h.Session(token); refusalOf(err) != game.CodeUnauthorized {
		t.Errorf("after the end: %v", err)
	}
	close(stop)
	group.Wait()
	if _, err := h.Session(token); refusalOf(err) != game.CodeUnauthorized {
		t.Errorf("after the race: %v", err)
	}
}

// TestSessionEndsThoughNobodyWaits: who hangs up while a session is ended has
// ended it all the same, in the cache too.
func TestSessionEndsThoughNobodyWaits(t *testing.T) {
	h := openHouse(t)
	_, token, err := h.Register(ctx, "Ann")
	h.must(err)
	gone, cancel := context.WithCancel(ctx)
	h.gate.hold()
	left := make(chan error, 1)
	go func() { left <- h.EndSession(gone, token) }()
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who hung up got %v", err)
	}
	h.gate.release()
	for err = nil; err == nil; {
		_, err = h.Session(token)
	}
	if refusalOf(err) != game.CodeUnauthorized {
		t.Errorf("the session: %v", err)
	}
}

func TestPlayerNames(t *testing.T) {
	for in, want := range map[string]string{
		"Ann": "Ann", "  Ann ": "Ann", "A\t\nB": "A B", "Zoë": "Zoë", "安": "安", "👍": "👍", strings.Repeat("ä", 24): strings.Repeat("ä", 24),
		"": "", "   ": "", strings.Repeat("a", 25): "", "a\x00b": "", "a\u200bb": "", "a\u202eb": "", "\u3164": "", "\u2800": "", "\ufeffx": "", "a\xff": "",
	} {
		got, err := game.CheckPlayerName(in)
		if got != want || (err == nil) != (want != "") || err != nil && refusalOf(err) != game.CodeBadRequest {
			t.Errorf("%q becomes %q, %v", in, got, err)
		}
	}
}
