package main

import (
	"bufio"
	"errors"
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
	if files, err := os.ReadDir(dir); err == nil && len(files) == 0 { // to open it would make a database
		io.out.say("%s is empty; nothing to delete.\n", dir)
		return nil
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
	if err := c.confirm(io, dir); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	io.out.say("%s is deleted.\n", dir)
	return nil
}

// confirm asks, unless that is not wanted.
func (c *resetCommand) confirm(io streams, dir string) error {
	if c.Yes {
		return nil
	}
	io.out.say("Delete %s with all matches and players in it? [yes/no] ", dir)
	line, err := bufio.NewReader(io.in).ReadString('\n')
	if err != nil {
		io.out.say("\n") // nobody has pressed Enter
	}
	switch {
	case strings.EqualFold(strings.TrimSpace(line), "yes"):
		return nil
	case err != nil && line == "":
		return errors.New("nothing was deleted: nobody has answered; give --yes")
	}
	return errors.New("nothing was deleted; answer yes, or give --yes")
}
