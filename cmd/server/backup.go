package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
)

type backupCommand struct {
	File string `arg:"" help:"Where to write it. It must not exist."`
}

// Run writes the backup beside its place, and renames it when it is whole.
func (c *backupCommand) Run(ctx context.Context, s *settings, io streams) error {
	began := time.Now()
	if err := mustExist(s.Data); err != nil {
		return err
	}
	if there, err := exists(c.File); err != nil || there {
		return errors.Join(err, fmt.Errorf("%s exists; name a new file", c.File))
	}
	f, err := os.CreateTemp(filepath.Dir(c.File), "."+filepath.Base(c.File)+"-")
	if err != nil {
		return fmt.Errorf("the backup cannot be written: %w", err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it is gone where all went well
	if err = backup(ctx, s, f, newLogger(s, io.err)); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), c.File); err != nil {
		return err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	io.out.say("%s: %s in %.1f s\n", c.File, byteSize(info.Size()), time.Since(began).Seconds())
	return nil
}

// backup writes from the directory, or has the server do it that runs there.
func backup(ctx context.Context, s *settings, w io.Writer, log zerolog.Logger) error {
	store, err := openStore(s, log)
	switch {
	case isLocked(err):
		return askRunning(ctx, s.Data, "backup", w)
	case err != nil:
		return err
	}
	return errors.Join(store.Backup(w), store.Close())
}

// mustExist keeps the subcommands that read from making an empty database.
func mustExist(dir string) error {
	there, err := exists(dir)
	if err == nil && !there {
		err = fmt.Errorf("there is no data directory %s; name it with --data", dir)
	}
	return err
}

type restoreCommand struct {
	File string `arg:"" help:"A file that 'server backup' wrote."`
}

// Run makes the data directory.
func (c *restoreCommand) Run(s *settings, io streams) error {
	began := time.Now()
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	opts := badgerstore.Options{MinFree: int64(s.MinFree), Logger: newLogger(s, io.err)}
	if err := badgerstore.Restore(bufio.NewReader(f), s.Data, opts); err != nil {
		return err
	}
	io.out.say("%s is restored, in %.1f s. Its epoch is new: clients take fresh views.\n", s.Data, time.Since(began).Seconds())
	return nil
}
