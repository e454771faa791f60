package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
)

// job is a job as the API shows it.
type job struct {
	ID, State string
	Progress  struct {
		Done, Total int
		Cells       string
	}
}

// jobRun is a server with jobs that is killed.
type jobRun struct {
	*shopper
	t      *testing.T
	data   string
	server *child
}

func newJobRun(t *testing.T, data string) *jobRun {
	r := &jobRun{t: t, data: data}
	r.begin("127.0.0.1:0")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() { cancel(); client.CloseIdleConnections() })
	r.shopper = &shopper{ctx: ctx, url: r.server.url, client: client}
	return r
}

func (r *jobRun) begin(addr string) {
	r.server = startServer(r.t, r.data, "--addr", addr, "--durability", "sync", "--rate-limit", "off", "--log-level", "warn")
}

// kill is kill -9, and a start.
func (r *jobRun) kill() {
	r.server.kill()
	r.begin(strings.TrimPrefix(r.url, "http://"))
}

func (r *jobRun) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("%v\nthe server says:\n%s", err, r.server.log.String())
	}
}

// struck waits for the end of a job and kills the server so often on the way, spread over the job's steps. The job must
// never be less far than it was, and the same request must always lead to it.
func (r *jobRun) struck(j job, body, key string, kills int) {
	r.t.Helper()
	for killed := 1; killed <= kills; killed++ {
		steps := r.until(j.ID, 0).Progress.Total
		before := r.until(j.ID, max(1, killed*steps/(kills+2)))
		if before.State != "running" {
			r.t.Fatalf("before kill %d the job is %+v", killed, before)
		}
		r.kill()
		var again job
		r.must(r.ask("POST", "/api/jobs", body, key, &again))
		if again.ID != j.ID {
			r.t.Fatalf("after kill %d the same key leads from job %s to %s", killed, j.ID, again.ID)
		}
		r.compare(before.Progress.Cells, again)
	}
	for j.State != "done" {
		r.must(r.ask("GET", "/api/jobs/"+j.ID, "", "", &j)) // waits for up to 5 s
		if j.State == "failed" || j.State == "cancelled" {
			r.t.Fatalf("the job is %+v", j)
		}
	}
}

// compare wants all that was done to be done still.
func (r *jobRun) compare(before string, now job) {
	r.t.Helper()
	for i, c := range before {
		if (c == 'd' || c == 'D') && now.Progress.Cells[i] != byte(c) {
			r.t.Fatalf("the job has lost a step: %s, then %s", before, now.Progress.Cells)
		}
	}
}

// until looks, without waiting, until a job has so many steps behind it.
func (r *jobRun) until(id string, done int) (j job) {
	r.t.Helper()
	for {
		if j = r.look(id); j.Progress.Total > 0 && j.Progress.Done >= done || j.State == "done" {
			return j
		}
		select {
		case <-r.ctx.Done():
			r.must(fmt.Errorf("the job stays %+v", j))
		case <-time.After(2 * time.Millisecond): // looks again
		}
	}
}

// TestKillJobs: jobs of each kind go on where they were, however often the server is killed, and their results are exact.
func TestKillJobs(t *testing.T) {
	kills := 3
	if testing.Short() {
		kills = 1
	}
	chance := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for b.Len() < 3<<20 {
		fmt.Fprintf(&b, "%s%d ", []string{"Wörter", "of", "the", "kill", "æther"}[chance.IntN(5)], chance.IntN(1000))
	}
	text := b.String()

	t.Run("wordcount", func(t *testing.T) {
		t.Parallel()
		r := newJobRun(t, newData(t))
		const body = `{"kind":"wordcount","input":{"pace":40,"parallel":2,"fail":"once"}}`
		var j job
		r.must(r.ask("POST", "/api/jobs", body, "the only one", &j))
		r.killUpload(j.ID, text)
		r.must(r.ask("PUT", "/api/jobs/"+j.ID+"/input", text, "", nil))
		r.struck(j, body, "the only one", kills)
		var got struct {
			Bytes, Chunks, Counted, Words, Distinct int
			Top                                     []struct {
				Word  string
				Count int
			}
		}
		r.must(r.ask("GET", "/api/jobs/"+j.ID+"/result", "", "", &got))
		counts, words := map[string]int{}, strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
		for _, w := range words {
			counts[w]++
		}
		if got.Bytes != len(text) || got.Counted != got.Chunks || got.Words != len(words) || got.Distinct != len(counts) || len(got.Top) != 50 {
			t.Errorf("it counted %+v; there are %d words, %d of them different", got, len(words), len(counts))
		}
		for _, w := range got.Top {
			if counts[w.Word] != w.Count {
				t.Errorf("%q comes %d times, not %d", w.Word, counts[w.Word], w.Count)
			}
		}
	})
	t.Run("digest", func(t *testing.T) {
		t.Parallel()
		r := newJobRun(t, newData(t))
		const body = `{"kind":"digest","input":{"pace":50}}`
		var j job
		r.must(r.ask("POST", "/api/jobs", body, "the only one", &j))
		r.must(r.ask("PUT", "/api/jobs/"+j.ID+"/input", text, "", nil))
		r.struck(j, body, "the only one", kills)
		var got struct{ SHA256 string }
		sum := sha256.Sum256([]byte(text))
		if r.must(r.ask("GET", "/api/jobs/"+j.ID+"/result", "", "", &got)); got.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("the digest is %s", got.SHA256)
		}
	})
	t.Run("verify-archive", func(t *testing.T) {
		t.Parallel()
		data := newData(t)
		if code, _, errOut := run(t, nil, "seed", "--data", data, "--games", "60"); code != 0 {
			t.Fatal(errOut)
		}
		r := newJobRun(t, data)
		const body = `{"kind":"verify-archive","input":{"pace":200,"parallel":1}}`
		var j job
		r.must(r.ask("POST", "/api/jobs", body, "the only one", &j))
		r.struck(j, body, "the only one", min(kills, 2))
		var got struct{ Matches, Games, Moves, Bad int }
		if r.must(r.ask("GET", "/api/jobs/"+j.ID+"/result", "", "", &got)); got.Matches != 60 || got.Games < 60 || got.Moves < 200 || got.Bad != 0 {
			t.Errorf("it found %+v", got)
		}
	})
}

// killUpload kills the server in the middle of an upload.
func (r *jobRun) killUpload(id, text string) {
	r.t.Helper()
	out, in := io.Pipe()
	put, err := http.NewRequestWithContext(r.ctx, "PUT", r.url+"/api/jobs/"+id+"/input", out)
	r.must(err)
	over := make(chan error, 1)
	go func() {
		answer, err := r.client.Do(put)
		if err == nil {
			answer.Body.Close()
			err = fmt.Errorf("half an upload: %s", answer.Status)
		} else {
			err = nil
		}
		over <- err
	}()
	_, err = io.WriteString(in, text[:len(text)/2]) // what the server has not taken yet is in buffers
	r.must(err)
	r.kill()
	in.CloseWithError(io.ErrUnexpectedEOF)
	r.must(<-over)
	if j := r.look(id); j.State != "waiting" {
		r.t.Fatalf("after half an upload the job is %+v", j)
	}
}

// look gives how a job stands.
func (r *jobRun) look(id string) (j job) {
	r.t.Helper()
	answer, err := r.client.Get(r.url + "/api/jobs/" + id)
	r.must(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	r.must(err)
	r.must(json.Unmarshal(text, &j))
	return j
}
