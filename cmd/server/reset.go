package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
)

type resetCommand struct {
	Yes bool `env:"-" help:"Do not ask."`
}

// Run deletes the data directory: only one that is ours, that no server runs on, and after asking. A damaged one, too.
func (c *resetCommand) Run(s *settings, io streams) error {
	dir, err := filepath.Abs(s.Data)
	if err != nil {
		return err
	}
	if there, err := exists(dir); err != nil || !there {
		if err == nil {
			io.out.say("There is no %s; nothing to delete.\n", dir)
		}
		return err
	}
	store, err := openStore(s, zerolog.Nop())
	switch {
	case err == nil:
		err = store.Close()
	case errors.Is(err, badgerstore.ErrDamaged) || errors.Is(err, badgerstore.ErrBehindMark):
		err = nil // it is ours all the same
	}
	if err != nil {
		return err
	}
	if !c.Yes && !confirmed(io.in, io.out, dir) {
		return errors.New("nothing was deleted; answer yes, or give --yes")
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	io.out.say("%s is deleted.\n", dir)
	return nil
}

func confirmed(in io.Reader, out printer, dir string) bool {
	out.say("Delete %s with all matches and players in it? [yes/no] ", dir)
	line, _ := bufio.NewReader(in).ReadString('\n')
	return strings.EqualFold(strings.TrimSpace(line), "yes")
}
