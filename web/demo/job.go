package demo

import (
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// Jobs is an HTTP API with work in the background that takes its time: who asks
// for it gets an address at once, and looks there how far it is, is told by a
// stream, or calls it off.
//
// A job is an orchestration. So there is nothing here of queues, of leases, of
// rows that say "running" after a crash: kill the server at any moment, and each
// job goes on behind the last step that it finished. What a job stores beside
// itself (an upload, partial results: see [chunk]) is gone before its end is told,
// whatever its end is.
//
// The one kind of job in this file is "digest": SHA-256 of a text, step by step.
// The others are in fanout.go.
type Jobs struct {
	orchestrations *orchestrator.Client
	entities       atomic.Pointer[entities.Client] // activities may run before Open
	archive        Archive
	mostBytes      int64 // of a text; only tests have fewer,
	chunkBytes     int   // and smaller chunks
	kinds          map[string]kind

	job    *orchestrator.Orchestration[order, json.RawMessage]
	keeper *orchestrator.Orchestration[string, orchestrator.None]
	sweep  *orchestrator.Activity[string, int]
	hash   *orchestrator.Activity[hashStep, []byte]
	fan    fanOut

	admission sync.Mutex // one at a time is let in, so that nobody slips past the limits
	uploads   uploads
	key       atomic.Pointer[string]
}

// kind is what a job can be: it does the work. If that would become too long for
// one history, it gives the order with which to go on in the next.
type kind func(c *orchestrator.Context, b *board, in order) (out any, next *order, err error)

// Limits of jobs.
const (
	mostOfCaller = 4  // jobs at a time
	mostJobs     = 16 // of all callers
	jobRetry     = 5 * time.Second
	keepJob      = 24 * time.Hour
	awaitInput   = 15 * time.Minute // for an upload
	maxPace      = 2000             // milliseconds
)

// NewJobs makes the API.
func NewJobs(archive Archive) *Jobs {
	d := &Jobs{archive: archive, mostBytes: maxText, chunkBytes: 128 << 10}
	again := orchestrator.WithRetry(orchestrator.Retry{Attempts: 3, First: 100 * time.Millisecond, Backoff: 2})
	d.job = orchestrator.Define("job", d.doJob, orchestrator.Retain(keepJob))
	d.keeper = orchestrator.Define("job-keeper", d.doKeep, orchestrator.Retain(0))
	d.sweep = orchestrator.DefineActivity("job-sweep", d.doSweep, orchestrator.WithRetry(orchestrator.Retry{Attempts: 10, First: 200 * time.Millisecond, Backoff: 2}))
	d.hash = orchestrator.DefineActivity("job-hash", d.doHash, again)
	d.fan = d.newFanOut(again)
	d.kinds = map[string]kind{"digest": d.digest, "wordcount": d.wordCount, "verify-archive": d.verifyArchive}
	return d
}

// Orchestrations are the definitions.
func (d *Jobs) Orchestrations() []orchestrator.Definition {
	return append([]orchestrator.Definition{d.job, d.keeper, d.sweep, d.hash}, d.fan.definitions()...)
}

// Entities are the entities' definitions.
func (d *Jobs) Entities() []entities.Definition { return []entities.Definition{chunk, jobKey} }

// Open connects it to the engine.
func (d *Jobs) Open(c *orchestrator.Client, e *entities.Client) {
	d.orchestrations = c
	d.entities.Store(e)
}

// order is what a job is asked to do, and, from its second generation on, how far
// it is.
type order struct {
	Kind     string    `json:"kind"`
	Text     *text     `json:"text,omitempty"`     // what it is about
	Pace     int       `json:"pace,omitempty"`     // milliseconds that each step is slowed down, so that people can watch
	Parallel int       `json:"parallel,omitempty"` // steps at a time
	Fail     string    `json:"fail,omitempty"`     // which steps fail: see unlucky
	Archive  *verified `json:"archive,omitempty"`  // so far
}

// --- The job.

// inputReady tells a job that its text is there.
var inputReady = orchestrator.DefineRequest[text, orchestrator.None]("input")

// swept is the event that tells a keeper that nothing is left to keep.
const swept = "swept"

func (d *Jobs) doJob(c *orchestrator.Context, in order) (json.RawMessage, error) {
	b := &board{c: c, status: jobStatus{State: "running"}}
	stores := in.Text != nil
	if stores {
		if _, err := d.keeper.Start(c, c.InstanceID(), orchestrator.WithID(keeperOf(c.InstanceID()))); err != nil {
			return nil, err
		}
	}
	err := d.awaitText(c, b, &in)
	var out any
	var next *order
	if err == nil {
		out, next, err = d.kinds[in.Kind](c, b, in)
	}
	if err == nil && next != nil {
		return nil, orchestrator.ContinueAsNew(c, *next)
	}
	orchestrator.Shielded(c, func() { // out of reach of being called off, which is why we may be here
		if err != nil {
			b.say("ending", "cleaning up")
		}
		b.land()
		if !stores {
			return
		}
		if _, failed := d.sweep.Call(c, c.InstanceID()); failed == nil { // else the keeper sees to it
			_ = orchestrator.Raise(c, keeperOf(c.InstanceID()), swept, orchestrator.None{})
		}
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

// awaitText waits for the upload, where the text is one.
func (d *Jobs) awaitText(c *orchestrator.Context, b *board, in *order) error {
	if in.Text == nil || in.Text.there() {
		return nil
	}
	b.say("waiting", "waiting for the input")
	ready, late := inputReady.Go(c), c.Timer(awaitInput)
	if orchestrator.Any(ready, late) == 1 {
		return orchestrator.Fail(orchestrator.CodeTimeout, fmt.Sprintf("No input came within %v", awaitInput))
	}
	call, err := ready.Get()
	if err != nil {
		return err
	}
	late.Cancel()
	*in.Text = call.In
	b.say("running", "")
	call.Answer(orchestrator.None{})
	return nil
}

// doKeep is what remains of a job that was terminated, which is to skip its
// clean-up: a day later its keeper does it.
func (d *Jobs) doKeep(c *orchestrator.Context, job string) (orchestrator.None, error) {
	done, late := orchestrator.EventGo[orchestrator.None](c, swept), c.Timer(keepJob)
	if orchestrator.Any(done, late) == 1 {
		if _, err := d.sweep.Call(c, job); err != nil {
			return orchestrator.None{}, err
		}
	}
	return orchestrator.None{}, nil
}

func keeperOf(job string) string { return "keeper-of-" + job }

// --- The digest: one step after the other. What a step leaves to the next is the
// state of the hash, a hundred bytes; it is in the history, and so a job that was
// killed at 70 % goes on at 70 %.

// chunksAStep are hashed at once.
const chunksAStep = 2

type hashStep struct {
	Job  string `json:"job"`
	Text text   `json:"text"`
	From int    `json:"from"` // chunk
	Hash []byte `json:"hash,omitempty"`
}

type digested struct {
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Steps  int    `json:"steps"`
}

func (d *Jobs) digest(c *orchestrator.Context, b *board, in order) (any, *order, error) {
	steps := (in.Text.Chunks + chunksAStep - 1) / chunksAStep
	b.begin("hashing", "steps", steps)
	step := hashStep{Job: c.InstanceID(), Text: *in.Text}
	for i := range steps {
		b.mark(i, cellRunning)
		if err := c.Sleep(time.Duration(in.Pace) * time.Millisecond); err != nil {
			return nil, nil, err
		}
		var err error
		if step.Hash, err = track(b, d.hash.Go(c, step)).Get(); err != nil {
			return nil, nil, err
		}
		step.From += chunksAStep
		b.status.Progress.Bytes = min(int64(step.From)*int64(in.Text.ChunkBytes), in.Text.Bytes)
		b.mark(i, cellDone)
	}
	sum := sha256.New()
	if step.Hash != nil {
		if err := sum.(encoding.BinaryUnmarshaler).UnmarshalBinary(step.Hash); err != nil {
			return nil, nil, err
		}
	}
	return digested{SHA256: hex.EncodeToString(sum.Sum(nil)), Bytes: in.Text.Bytes, Steps: steps}, nil, nil
}

// doHash goes on with a hash. It may be done twice, and gives the same.
func (d *Jobs) doHash(_ context.Context, in hashStep) ([]byte, error) {
	sum := sha256.New()
	if in.Hash != nil {
		if err := sum.(encoding.BinaryUnmarshaler).UnmarshalBinary(in.Hash); err != nil {
			return nil, orchestrator.Permanent(err)
		}
	}
	for n := in.From; n < min(in.From+chunksAStep, in.Text.Chunks); n++ {
		part, err := d.read(in.Job, in.Text, n)
		if err != nil {
			return nil, err
		}
		sum.Write(part)
	}
	return sum.(encoding.BinaryMarshaler).MarshalBinary()
}

// --- The routes. There are no sessions: who knows the id of a job may use it.

// Pages are the demos'.
func (d *Jobs) Pages() map[string]string {
	return map[string]string{"/demo/job": "demo/job.html", "/demo/fanout": "demo/fanout.html"}
}

// Mount adds the routes.
func (d *Jobs) Mount(e *echo.Echo) {
	api.MountBounded(e, "/api/jobs", api.Methods{http.MethodPost: d.startJob})
	api.MountBounded(e, "/api/jobs/:id", api.Methods{http.MethodGet: d.showJob, http.MethodDelete: d.cancelJob})
	api.MountBounded(e, "/api/jobs/:id/result", api.Methods{http.MethodGet: d.showResult})
	api.Mount(e, "/api/jobs/:id/input", api.Methods{http.MethodPut: d.takeInput})  // takes as long as the upload does
	api.Mount(e, "/api/jobs/:id/events", api.Methods{http.MethodGet: d.followJob}) // and this as long as the job
}

// startJob begins a job and says where to find it.
func (d *Jobs) startJob(c echo.Context) error {
	r := c.Request()
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	in, err := d.readOrder(c)
	if err != nil {
		return err
	}
	caller := api.AddressOf(r).String()
	id, err := d.idOf(r.Context(), caller, key)
	if err != nil {
		return err
	}
	d.admission.Lock()
	defer d.admission.Unlock()
	known, err := d.isKnown(id, in)
	if err == nil && !known {
		err = d.admit(caller)
	}
	if err == nil && !known {
		_, err = d.job.Begin(r.Context(), d.orchestrations, in, orchestrator.WithID(id), orchestrator.WithTags(in.tags(caller)))
	}
	if err != nil {
		return told(err)
	}
	return d.answer(c, id, http.StatusAccepted)
}

// isKnown says whether there is such a job already, because the request is a
// repetition. One that asks for something else is a conflict.
func (d *Jobs) isKnown(id string, in order) (bool, error) {
	s, err := d.orchestrations.Status(id)
	switch f := orchestrator.ToFailure(err); {
	case f != nil && f.Code == orchestrator.CodeNotFound:
		return false, nil
	case err != nil:
		return false, err
	case s.Tags[tagOrder] != in.fingerprint():
		return true, api.Refuse(wire.CodeConflict, "The Idempotency-Key was used for another job")
	}
	return true, nil
}

// admit refuses a job beyond the limits. That it counts what is there, and no
// counter, is why nothing needs to be given back, however a job ends.
func (d *Jobs) admit(caller string) error {
	running, err := d.orchestrations.Search(orchestrator.Query{
		Name: d.job.Name(), States: []orchestrator.State{orchestrator.Pending, orchestrator.Running, orchestrator.Suspended}, Limit: 1000,
	})
	if err != nil {
		return err
	}
	own := 0
	for _, job := range running.Items {
		if job.Tags[tagCaller] == caller {
			own++
		}
	}
	var refused *api.Problem
	switch {
	case own >= mostOfCaller:
		refused = api.Refuse(wire.CodeRateLimited, "You have %d jobs that run, and may have no more at a time", own)
	case len(running.Items) >= mostJobs:
		refused = api.Refuse(wire.CodeRateLimited, "There are %d jobs that run, and no more may at a time", len(running.Items))
	default:
		return nil
	}
	refused.Retry = jobRetry
	return refused
}

// Job is how a job stands.
type Job struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	State    string    `json:"state"` // waiting (for its input), running, ending; done, failed, cancelled
	Progress progress  `json:"progress"`
	Why      string    `json:"why,omitempty"`
	Created  time.Time `json:"created"`
	Updated  time.Time `json:"updated"`
}

// Over says whether nothing comes any more.
func (j *Job) over() bool { return slices.Contains([]string{"done", "failed", "cancelled"}, j.State) }

// find reads a job, and its result once it is done.
func (d *Jobs) find(id string) (Job, json.RawMessage, error) {
	s, err := d.orchestrations.Status(id)
	if err == nil && s.Name != d.job.Name() {
		err = orchestrator.Fail(orchestrator.CodeNotFound, "no job")
	}
	if err != nil {
		return Job{}, nil, err
	}
	var now jobStatus
	if len(s.Custom) > 0 {
		err = json.Unmarshal(s.Custom, &now)
	}
	j := Job{ID: id, Kind: s.Tags[tagKind], State: "running", Progress: now.Progress, Created: s.Created, Updated: s.Updated}
	if now.State != "" {
		j.State = now.State
	}
	switch s.State {
	case orchestrator.Completed:
		j.State = "done"
	case orchestrator.Terminated:
		j.State = "cancelled"
	case orchestrator.Failed:
		j.State, j.Why = "failed", "The server is at fault; look at this job in the inspector"
		if s.Failure != nil && s.Failure.Code == orchestrator.CodeTimeout {
			j.Why = s.Failure.Message
		}
	}
	return j, json.RawMessage(s.Output), err
}

// answer tells how a job stands: 202 and when to ask again, until it is over.
func (d *Jobs) answer(c echo.Context, id string, status int) error {
	j, _, err := d.find(id)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	if h.Set(echo.HeaderLocation, "/api/jobs/"+id); !j.over() {
		h.Set(echo.HeaderRetryAfter, "1")
		status = http.StatusAccepted
	}
	return c.JSON(status, j)
}

// showJob tells how a job stands; with Prefer: wait=N, once it is over.
func (d *Jobs) showJob(c echo.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	if _, _, err := d.find(id); err != nil { // one that is not there is not waited for
		return err
	}
	if wait, given := api.PreferredWait(c.Request().Header); given {
		d.await(c.Request().Context(), id, wait)
		c.Response().Header().Set("Preference-Applied", fmt.Sprintf("wait=%d", int(wait.Seconds())))
	}
	return d.answer(c, id, http.StatusOK)
}

// await waits a while for the end of a job; whatever comes of it is read afterwards.
func (d *Jobs) await(ctx context.Context, id string, wait time.Duration) {
	ctx, cancel := api.UntilStop(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, wait)
	defer cancel()
	_, _ = d.orchestrations.Wait(ctx, id)
}

// cancelJob calls a job off, and waits until it has cleaned up. One that is over
// stays as it is.
func (d *Jobs) cancelJob(c echo.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	if _, _, err := d.find(id); err != nil {
		return err
	}
	ctx := c.Request().Context()
	d.uploads.stop(ctx, id) // so that no chunk comes after the clean-up
	err = d.orchestrations.Cancel(ctx, id, "called off")
	if f := orchestrator.ToFailure(err); f != nil && f.Code != orchestrator.CodeGone {
		return err
	}
	d.await(ctx, id, api.MaxWait)
	return d.answer(c, id, http.StatusOK)
}

// showResult gives what came of a job.
func (d *Jobs) showResult(c echo.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	j, result, err := d.find(id)
	switch {
	case err != nil:
		return err
	case j.State == "done":
		return c.JSONBlob(http.StatusOK, result)
	case j.State == "failed":
		return api.Refuse(wire.CodeConflict, "The job has failed: there is no result")
	case j.State == "cancelled":
		return api.Refuse(wire.CodeGone, "The job was called off: there is no result")
	}
	return api.Refuse(wire.CodeTooEarly, "The job is not done: there is no result yet")
}
