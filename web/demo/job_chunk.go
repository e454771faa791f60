package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// What jobs store beside themselves: the chunks of an upload, and what was counted
// in each chunk. Every piece is an entity of its own, whose key begins with its
// job's id, so that all of a job can be found, and swept away.

// chunkState is bytes as they are.
type chunkState struct{ Bytes []byte }

// AppendState appends the bytes.
func (s *chunkState) AppendState(b []byte) ([]byte, error) { return append(b, s.Bytes...), nil }

// LoadState takes them back.
func (s *chunkState) LoadState(b []byte) error {
	s.Bytes = append([]byte(nil), b...)
	return nil
}

var (
	chunk    = entities.Define("job-chunk", func(string) chunkState { return chunkState{} })
	chunkPut = entities.On(chunk, "put", func(_ *entities.Context, s *chunkState, b []byte) (orchestrator.None, error) {
		s.Bytes = b
		return orchestrator.None{}, nil
	})
	chunkDrop = entities.On(chunk, "drop", func(c *entities.Context, _ *chunkState, _ orchestrator.None) (orchestrator.None, error) {
		c.Delete()
		return orchestrator.None{}, nil
	})
)

func inputKey(job string, n int) string { return fmt.Sprintf("%s/input/%06d", job, n) }
func partKey(job string, n int) string  { return fmt.Sprintf("%s/part/%06d", job, n) }

// stored reads a chunk.
func (d *Jobs) stored(key string) ([]byte, error) {
	client := d.entities.Load()
	if client == nil {
		return nil, errors.New("the server is starting")
	}
	s, _, exists, err := chunk.Read(client, key)
	if err == nil && !exists {
		err = fmt.Errorf("chunk %s is not there", key)
	}
	return s.Bytes, err
}

// read gives chunk n of a text.
func (d *Jobs) read(job string, t text, n int) ([]byte, error) {
	if !t.Upload {
		return t.make(n), nil
	}
	return d.stored(inputKey(job, n))
}

// sideBySide is how many chunks are written or dropped at once, so that they share
// commits.
const sideBySide = 8

// doSweep drops all chunks of a job, and gives how many there were.
func (d *Jobs) doSweep(ctx context.Context, job string) (swept int, err error) {
	client := d.entities.Load()
	if client == nil {
		return 0, errors.New("the server is starting")
	}
	for cursor := ""; ; {
		page, err := client.List(nil, entities.Query{Name: chunk.Name(), KeyPrefix: job + "/", Limit: 1000, Cursor: cursor})
		if err != nil {
			return swept, err
		}
		g := newGang(ctx)
		for _, found := range page.Items {
			g.do(func() error {
				_, err := chunkDrop.Do(g.ctx, client, found.ID.Key, orchestrator.None{})
				return err
			})
		}
		if err := g.wait(); err != nil {
			return swept, err
		}
		swept += len(page.Items)
		if cursor = page.Cursor; cursor == "" {
			return swept, nil
		}
	}
}

// gang does some things side by side until one goes wrong.
type gang struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	all    sync.WaitGroup
	places chan struct{}
}

func newGang(ctx context.Context) *gang {
	ctx, cancel := context.WithCancelCause(ctx)
	return &gang{ctx: ctx, cancel: cancel, places: make(chan struct{}, sideBySide)}
}

// do waits for a place, and gives false if something has gone wrong.
func (g *gang) do(f func() error) bool {
	select {
	case <-g.ctx.Done():
		return false
	case g.places <- struct{}{}:
	}
	g.all.Go(func() {
		defer func() { <-g.places }()
		if err := f(); err != nil {
			g.cancel(err)
		}
	})
	return true
}

// wait gives what went wrong first.
func (g *gang) wait() error {
	g.all.Wait()
	err := context.Cause(g.ctx)
	g.cancel(nil)
	return err
}

// --- Uploads.

// An upload may take so long in all, and pause for so long.
const (
	uploadWithin = 10 * time.Minute
	uploadPause  = 30 * time.Second
)

// uploads are those under way, by job. They may be used concurrently.
type uploads struct {
	mu  sync.Mutex
	all map[string]*uploading
}

type uploading struct {
	cancel context.CancelFunc
	over   chan struct{}
}

// enter begins an upload; nil if there is one for this job already.
func (u *uploads) enter(job string, cancel context.CancelFunc) (leave func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.all[job] != nil {
		return nil
	}
	if u.all == nil {
		u.all = map[string]*uploading{}
	}
	up := &uploading{cancel, make(chan struct{})}
	u.all[job] = up
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.all, job)
		close(up.over)
	}
}

// stop ends an upload and waits until it has cleaned up.
func (u *uploads) stop(ctx context.Context, job string) {
	u.mu.Lock()
	up := u.all[job]
	u.mu.Unlock()
	if up == nil {
		return
	}
	up.cancel()
	select {
	case <-up.over:
	case <-ctx.Done():
	}
}

// takeInput stores the text of a job that waits for it, chunk by chunk as it comes,
// and then lets the job run. An upload that is cut leaves nothing; it may be tried
// again.
func (d *Jobs) takeInput(c echo.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	r := c.Request()
	switch {
	case r.ContentLength > d.mostBytes:
		return &http.MaxBytesError{Limit: d.mostBytes}
	case r.Header.Get(echo.HeaderContentEncoding) != "":
		return api.Refuse(wire.CodeUnsupported, "The body must not be compressed")
	}
	ctx, cancel := api.UntilStop(r.Context())
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, uploadWithin)
	defer cancel()
	leave := d.uploads.enter(id, cancel)
	if leave == nil {
		return api.Refuse(wire.CodeConflict, "An upload for this job is under way")
	}
	defer leave()
	switch j, _, err := d.find(id); {
	case err != nil:
		return err
	case j.State != "waiting":
		return api.Refuse(wire.CodeConflict, "The job waits for no input: it is %s", j.State)
	}
	if _, err := d.doSweep(ctx, id); err != nil { // what an upload left that died with the server
		return err
	}
	got, err := d.store(ctx, c, id)
	if err == nil {
		_, err = inputReady.Do(ctx, d.orchestrations, id, got)
	}
	if err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), api.AnswerWithin)
		defer cancel()
		_, swept := d.doSweep(ctx, id)
		return notTaken(errors.Join(err, swept))
	}
	return d.answer(c, id, http.StatusAccepted)
}

// notTaken says why an upload was not taken.
func notTaken(err error) error {
	var tooLarge *http.MaxBytesError
	var f *orchestrator.Failure
	switch {
	case errors.As(err, &tooLarge):
		return err
	case errors.As(err, &f) && (f.Code == orchestrator.CodeGone || f.Code == orchestrator.CodeEnded):
		return api.Refuse(wire.CodeConflict, "The job ended before its input was there")
	}
	return err
}

// store writes a body down in chunks. It has no more of it in memory than the
// chunks that are being written.
func (d *Jobs) store(ctx context.Context, c echo.Context, job string) (text, error) {
	t := text{Upload: true, Ready: true, ChunkBytes: d.chunkBytes}
	conn := http.NewResponseController(c.Response())
	// What cannot be set is no connection, but a test.
	_ = conn.SetWriteDeadline(time.Now().Add(uploadWithin + api.AnswerWithin))
	body := http.MaxBytesReader(c.Response(), c.Request().Body, d.mostBytes)
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now()) }) // who is stopped reads no more
	defer stop()
	g := newGang(ctx)
	var rest []byte // of the last chunk: a letter that is not whole
	for ended := false; !ended; {
		_ = conn.SetReadDeadline(time.Now().Add(uploadPause))
		if ctx.Err() != nil {
			break
		}
		buffer := append(make([]byte, 0, d.chunkBytes), rest...)
		n, err := fill(body, buffer[len(rest):d.chunkBytes])
		buffer, rest = buffer[:len(rest)+n], nil
		switch {
		case errors.Is(err, io.EOF):
			ended = true
		case err != nil:
			g.cancel(cutShort(err))
			return t, g.wait()
		default:
			whole := wholeLetters(buffer)
			buffer, rest = buffer[:whole], append(rest, buffer[whole:]...)
		}
		if len(buffer) == 0 {
			continue
		}
		number := t.Chunks
		t.Chunks, t.Bytes = t.Chunks+1, t.Bytes+int64(len(buffer))
		if !g.do(func() error {
			_, err := chunkPut.Do(g.ctx, d.entities.Load(), inputKey(job, number), buffer)
			return err
		}) {
			break
		}
	}
	return t, g.wait()
}

// fill reads until the buffer is full; io.EOF is the end of the body, and nothing
// but that.
func fill(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var some int
		some, err = r.Read(b[n:])
		n += some
	}
	return n, err
}

// cutShort is the error of a body that cannot be read to its end.
func cutShort(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return api.Refuse(wire.CodeBadRequest, "The body could not be read to its end; nothing of it is kept")
}

// wholeLetters is how much of a chunk can be cut off without cutting a letter in
// UTF-8 in two.
func wholeLetters(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if from := len(b) - n; utf8.RuneStart(b[from]) {
			if !utf8.FullRune(b[from:]) {
				return from
			}
			break
		}
	}
	return len(b)
}
