// Command done is the finished program of step 4: an order that is replayed, and a letter that is posted once.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/everturn/everturn/cmd/workshop/internal/stage"
	"github.com/everturn/everturn/orchestrator"
)

// invite writes a letter, has it posted, and waits for the answer.
func invite(c *orchestrator.Context, guest string) (string, error) {
	c.Log().Info().Msg("inviting " + guest)
	if _, err := post.Call(c, guest); err != nil {
		return "", err
	}
	answer, err := orchestrator.Event[string](c, "answer")
	c.Log().Info().Msg(guest + " says " + answer)
	return answer, err
}

var post = orchestrator.DefineActivity("post", putIntoMailbox)

// mailbox is the world outside: a folder with a file for each letter.
var mailbox = filepath.Join("workshop-data", "04-replay-mailbox")

// cut: post
func putIntoMailbox(ctx context.Context, guest string) (string, error) {
	key := orchestrator.InfoOf(ctx).Key
	letter := filepath.Join(mailbox, fileName(key))
	_, missing := os.Stat(letter)
	if errors.Is(missing, os.ErrNotExist) {
		fmt.Println("post office: a letter to", guest)
		return letter, slowly(ctx, os.WriteFile(letter, []byte("Dear "+guest), 0o600))
	}
	fmt.Println("post office: that letter is here already")
	return letter, slowly(ctx, missing)
}

// end

// slowly is how the post office works: five seconds go by before it says that something is done.
func slowly(ctx context.Context, err error) error {
	select {
	case <-time.After(5 * time.Second):
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fileName makes a file's name of a key.
func fileName(key string) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || r == ':' || r == '\\' {
			return '-'
		}
		return r
	}, key) + ".txt"
}

func main() {
	if err := os.MkdirAll(mailbox, 0o700); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stage.Run(stage.Program{
		Step:           "04-replay",
		Orchestrations: []orchestrator.Definition{orchestrator.Define("invite", invite), post},
	})
}
