package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
)

// A directory belongs to one process. What other subcommands want of a directory that a server runs on, they ask that
// server: by HTTP over a Unix socket in the directory, which is open to whoever may open the directory, and to nobody else.

// socketName is the file of the socket, in the data directory.
const socketName = "everturn.sock"

// maxSocketPath is what the kernel takes for the address of a Unix socket, on the systems that take least.
const maxSocketPath = 103

// control answers the other subcommands.
type control struct {
	server   http.Server
	listener net.Listener
}

// startControl begins to answer. A socket that a killed server left is replaced: the directory is ours.
func startControl(s *settings, e *engine, log zerolog.Logger) (*control, error) {
	path, err := socketPath(s.Data)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the socket for backup and verify: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("the socket for backup and verify: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("the socket for backup and verify: %w", err), listener.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /backup", func(w http.ResponseWriter, _ *http.Request) {
		stream(w, log, "backup", e.store.Backup)
	})
	mux.HandleFunc("GET /verify", func(w http.ResponseWriter, _ *http.Request) {
		stream(w, log, "verify", func(w io.Writer) error { return e.verify(printer{w}) })
	})
	c := &control{server: http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}, listener: listener}
	go func() {
		if err := c.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error().Err(err).Msg("backup and verify are not possible any more while the server runs")
		}
	}()
	return c, nil
}

// stream answers with what the function writes; a trailer says how it ended.
func stream(w http.ResponseWriter, log zerolog.Logger, what string, write func(io.Writer) error) {
	began := time.Now()
	w.Header().Set("Trailer", failureTrailer)
	err := write(w)
	log.Info().Err(err).Dur("took_ms", time.Since(began)).Msg(what)
	if err != nil {
		w.Header().Set(failureTrailer, explain(err))
	}
}

// failureTrailer carries why an answer is not whole.
const failureTrailer = "Everturn-Failure"

// Close ends what is under way: a backup is cut short, and its reader notices.
func (c *control) Close() error { return c.server.Close() }

// askRunning has the server that runs on a directory do something, and copies its answer.
func askRunning(ctx context.Context, dir, what string, to io.Writer) error {
	path, err := socketPath(dir)
	if err != nil {
		return err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	client := http.Client{Transport: &http.Transport{DialContext: dial}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://everturn/"+what, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("%s is in use, and its server does not answer: %w", dir, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the running server answers %q; it is of another release, perhaps: use the same one", response.Status)
	}
	if _, err := io.Copy(to, response.Body); err != nil {
		return fmt.Errorf("the running server stopped in the middle: %w", err)
	}
	if failure := response.Trailer.Get(failureTrailer); failure != "" {
		return errors.New(failure)
	}
	return nil
}

func socketPath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	path := filepath.Join(abs, socketName)
	if len(path) > maxSocketPath {
		// A server that is started where its data lies can use a short name.
		if path, err = relative(path); err != nil || len(path) > maxSocketPath {
			return "", fmt.Errorf("the path of %s has more than %d bytes; choose a shorter data directory (--data), or start the server closer to it", abs, maxSocketPath-len(socketName)-1)
		}
	}
	return path, nil
}

func relative(path string) (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return filepath.Rel(here, path)
}
