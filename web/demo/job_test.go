package demo

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
)

// office is where jobs are done, on texts of small chunks.
type office struct {
	*house
	d *Jobs
}

func openOffice(t *testing.T, archive Archive) *office {
	d := NewJobs(archive)
	d.chunkBytes, d.mostBytes = 512, 64<<10
	return &office{openHouse(t, d), d}
}

// start begins a job and wants it to be let in.
func (o *office) start(body string, header ...string) (j Job) {
	o.t.Helper()
	o.do(202, "POST", "/api/jobs", body, &j, header...)
	return j
}

// await waits for the end of a job.
func (o *office) await(id, state string) (j Job) {
	o.t.Helper()
	if o.do(200, "GET", "/api/jobs/"+id, "", &j, "Prefer", "wait=20"); j.State != state {
		o.t.Fatalf("the job is %+v, not %s", j, state)
	}
	return j
}

// until looks at a job until it is as wanted.
func (o *office) until(id string, wanted func(Job) bool) (j Job) {
	o.t.Helper()
	for late := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		var err error
		if j, _, err = o.d.find(id); err == nil && wanted(j) {
			return j
		}
		if time.Now().After(late) {
			o.t.Fatalf("the job stays %+v %v", j, err)
		}
	}
}

func (o *office) upload(id, body string) bool {
	return o.do(202, "PUT", "/api/jobs/"+id+"/input", body, nil, "Content-Type", "text/plain")
}

// nothingLeft wants nothing of a job to be stored but the job.
func (o *office) nothingLeft(id string) {
	o.t.Helper()
	if n := o.chunks(id); n != 0 {
		o.t.Errorf("%d chunks are left", n)
	}
	for late := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) { // the keeper hears it by a message
		page, err := o.d.orchestrations.Search(orchestrator.Query{Limit: 1000})
		must(o.t, err)
		var left []string
		for _, s := range page.Items {
			if s.ID != id && strings.Contains(s.ID, id) {
				left = append(left, s.Name)
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(late) {
			o.t.Fatalf("there are still %v", left)
		}
	}
}

func (o *office) chunks(id string) int {
	o.t.Helper()
	page, err := o.d.entities.Load().List(nil, entities.Query{Name: chunk.Name(), KeyPrefix: id + "/", IncludeDeleted: true, Limit: 1000})
	must(o.t, err)
	return len(page.Items)
}

// whole is a text as one piece.
func whole(t *text) string {
	var b bytes.Buffer
	for n := range t.Chunks {
		b.Write(t.make(n))
	}
	return b.String()
}

func TestDigest(t *testing.T) {
	o := openOffice(t, nil)
	for _, size := range []int64{0, 1, 511, 512, 513, 20_000} {
		made := whole(madeText(7, size, o.d.chunkBytes))
		if int64(len(made)) != size {
			t.Fatalf("a text of %d bytes has %d", size, len(made))
		}
		sum := sha256.Sum256([]byte(made))
		check := func(id string) {
			o.await(id, "done")
			var got digested
			if o.do(200, "GET", "/api/jobs/"+id+"/result", "", &got); got.SHA256 != hex.EncodeToString(sum[:]) || got.Bytes != size {
				t.Errorf("%d bytes: %+v", size, got)
			}
			o.nothingLeft(id)
		}
		check(o.start(fmt.Sprintf(`{"kind":"digest","input":{"size":%d,"seed":7}}`, size)).ID)
		j := o.start(`{"kind":"digest"}`)
		if o.until(j.ID, func(j Job) bool { return j.State == "waiting" }); o.upload(j.ID, made) {
			check(j.ID)
		}
		o.do(409, "PUT", "/api/jobs/"+j.ID+"/input", made, nil) // it has its input
	}
}

// What asynchronous HTTP is: 202, an address, when to come again, and 200 in the end.
func TestAnswers(t *testing.T) {
	o := openOffice(t, nil)
	ask := func(method, path, body string) *http.Response {
		r, err := http.NewRequest(method, o.url+path, strings.NewReader(body))
		must(t, err)
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		must(t, err)
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		return answer
	}
	a := ask("POST", "/api/jobs", `{"kind":"digest","input":{"size":2048,"pace":150}}`)
	at := a.Header.Get("Location")
	if a.StatusCode != 202 || a.Header.Get("Retry-After") != "1" || !strings.HasPrefix(at, "/api/jobs/") {
		t.Fatalf("the start: %d %v", a.StatusCode, a.Header)
	}
	if a := ask("GET", at, ""); a.StatusCode != 202 || a.Header.Get("Retry-After") != "1" {
		t.Errorf("while it runs: %d %v", a.StatusCode, a.Header)
	}
	if a := ask("GET", at+"/result", ""); a.StatusCode != 409 {
		t.Errorf("its result while it runs: %d", a.StatusCode)
	}
	j := o.await(strings.TrimPrefix(at, "/api/jobs/"), "done")
	if p := j.Progress; p.Done != 2 || p.Total != 2 || p.Cells != "dd" || p.Bytes != 2048 {
		t.Errorf("its progress: %+v", p)
	}
	if a := ask("GET", at, ""); a.StatusCode != 200 || a.Header.Get("Retry-After") != "" {
		t.Errorf("at the end: %d %v", a.StatusCode, a.Header)
	}
}

func TestIdempotency(t *testing.T) {
	o := openOffice(t, nil)
	const body = `{"kind":"digest","input":{"size":5,"seed":1}}`
	first := o.start(body, "Idempotency-Key", "k")
	if again := o.start(`{"kind":"digest", "input":{"seed":1,"size":5}}`, "Idempotency-Key", "k"); again.ID != first.ID {
		t.Errorf("the same key made %s and %s", first.ID, again.ID)
	}
	o.do(409, "POST", "/api/jobs", `{"kind":"digest","input":{"size":5,"seed":2}}`, nil, "Idempotency-Key", "k")
	o.await(first.ID, "done")
	var again Job
	if o.do(202, "POST", "/api/jobs", body, &again, "Idempotency-Key", "k"); again.ID != first.ID || again.State != "done" {
		t.Errorf("after the end the same key made %+v", again)
	}
	if other := o.start(body, "Idempotency-Key", "l"); other.ID == first.ID {
		t.Error("two keys made one job")
	}
	if other := o.start(body); other.ID == first.ID || !wellFormed.MatchString(other.ID) {
		t.Errorf("without a key: %s", other.ID)
	}
}

func TestJobLimits(t *testing.T) {
	o := openOffice(t, nil)
	const body = `{"kind":"digest"}` // they wait for an upload
	var mine []string
	for i := range mostOfCaller {
		mine = append(mine, o.start(body, "Idempotency-Key", fmt.Sprint(i)).ID)
	}
	o.do(429, "POST", "/api/jobs", body, nil)
	o.start(body, "Idempotency-Key", "0") // is none of more
	for i := range mostJobs - mostOfCaller {
		in := order{Kind: "digest", Text: &text{Upload: true, ChunkBytes: 512}}
		_, err := o.d.job.Begin(t.Context(), o.d.orchestrations, in, orchestrator.WithTags(in.tags(fmt.Sprint("another ", i))))
		must(t, err)
	}
	o.do(200, "DELETE", "/api/jobs/"+mine[0], "", nil)
	extra := o.start(body)
	o.do(200, "DELETE", "/api/jobs/"+mine[1], "", nil)
	in := order{Kind: "digest", Text: &text{Upload: true, ChunkBytes: 512}}
	_, err := o.d.job.Begin(t.Context(), o.d.orchestrations, in, orchestrator.WithTags(in.tags("another")))
	must(t, err)
	var p struct{ Detail string }
	if o.do(429, "POST", "/api/jobs", body, &p); !strings.Contains(p.Detail, "16 jobs") {
		t.Errorf("beyond 16: %s", p.Detail)
	}
	o.do(200, "DELETE", "/api/jobs/"+extra.ID, "", nil)
}

func TestJobRefusals(t *testing.T) {
	o := openOffice(t, nil)
	j := o.start(`{"kind":"digest","input":{"size":1}}`)
	o.await(j.ID, "done")
	for _, c := range []struct {
		status             int
		method, path, body string
	}{
		{415, "POST", "/api/jobs", ``}, // without a type, too
		{400, "POST", "/api/jobs", `{"kind":"mine bitcoins"}`},
		{400, "POST", "/api/jobs", `{"kind":"digest","input":{"size":65537}}`},
		{400, "POST", "/api/jobs", `{"kind":"digest","input":{"size":-1}}`},
		{400, "POST", "/api/jobs", `{"kind":"digest","input":{"seed":1}}`},
		{400, "POST", "/api/jobs", `{"kind":"digest","input":{"pace":2001}}`},
		{400, "POST", "/api/jobs", `{"kind":"digest","input":{"parallel":2}}`},
		{400, "POST", "/api/jobs", `{"kind":"digest","input":{"size":"1"}}`},
		{400, "POST", "/api/jobs", `{"kind":"digest","input":[1]}`},
		{400, "POST", "/api/jobs", `{"kind":"wordcount","input":{"size":1,"parallel":17}}`},
		{400, "POST", "/api/jobs", `{"kind":"wordcount","input":{"size":1,"fail":"sometimes"}}`},
		{400, "POST", "/api/jobs", `{"kind":"verify-archive","input":{"size":1}}`},
		{400, "POST", "/api/jobs", `{"kind":"digest","speed":1}`},
		{404, "GET", "/api/jobs/short", ``},
		{404, "GET", "/api/jobs/0123456789abcdef", ``},
		{404, "GET", "/api/jobs/0123456789abcdef/events", ``},
		{404, "GET", "/api/jobs/0123456789abcdef/result", ``},
		{404, "DELETE", "/api/jobs/0123456789abcdef", ``},
		{404, "PUT", "/api/jobs/0123456789abcdef/input", `x`},
		{409, "PUT", "/api/jobs/" + j.ID + "/input", `x`},
		{405, "GET", "/api/jobs", ``},
		{405, "POST", "/api/jobs/" + j.ID, `{}`},
		{200, "DELETE", "/api/jobs/" + j.ID, ``}, // it is over: nothing happens
		{200, "GET", "/api/jobs/" + j.ID, ``},
	} {
		o.do(c.status, c.method, c.path, c.body, nil)
	}
	o.do(400, "POST", "/api/jobs", `{"kind":"digest"}`, nil, "Idempotency-Key", strings.Repeat("x", 129))
	o.do(415, "POST", "/api/jobs", `{"kind":"digest"}`, nil, "Content-Type", "text/plain")
	if j.State = o.await(j.ID, "done").State; j.State != "done" {
		t.Errorf("a job that was done is %s", j.State)
	}
}

// An upload that is too large, or cut, leaves nothing, and the job goes on waiting.
func TestUploadsThatFail(t *testing.T) {
	o := openOffice(t, nil)
	j := o.start(`{"kind":"digest"}`)
	path := "/api/jobs/" + j.ID + "/input"
	var p struct{ Code, Detail string }
	tooLarge := strings.Repeat("x", int(o.d.mostBytes)+1)
	if o.do(413, "PUT", path, tooLarge, &p); p.Code != "too_large" || !strings.Contains(p.Detail, fmt.Sprint(o.d.mostBytes)) {
		t.Errorf("too large: %+v", p)
	}
	stream, err := http.NewRequest("PUT", o.url+path, io.MultiReader(strings.NewReader(tooLarge))) // its length is not said before
	must(t, err)
	answer, err := http.DefaultClient.Do(stream)
	must(t, err)
	if answer.Body.Close(); answer.StatusCode != 413 {
		t.Errorf("too large, as a stream: %d", answer.StatusCode)
	}
	o.do(415, "PUT", path, "x", nil, "Content-Encoding", "gzip")

	for _, how := range []string{"cut", "called off"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(o.url, "http://"))
		must(t, err)
		_, err = fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n%s", path, strings.Repeat("word ", 1000))
		must(t, err)
		for late := time.Now().Add(10 * time.Second); o.chunks(j.ID) < 8; {
			if time.Now().After(late) {
				t.Fatal("nothing is stored")
			}
		}
		o.do(409, "PUT", path, "another at the same time", nil)
		if how == "called off" {
			o.do(200, "DELETE", "/api/jobs/"+j.ID, "", nil)
			o.nothingLeft(j.ID)
			conn.Close()
			break
		}
		conn.Close()
		for late := time.Now().Add(10 * time.Second); o.chunks(j.ID) > 0; {
			if time.Now().After(late) {
				t.Fatal("half an upload is left")
			}
		}
		o.until(j.ID, func(j Job) bool { return j.State == "waiting" })
	}
	o.await(j.ID, "cancelled")
	o.do(409, "PUT", path, "too late", nil)
	o.do(410, "GET", "/api/jobs/"+j.ID+"/result", "", nil)
}

// What an upload left that died with the server is not part of the next.
func TestUploadAfterACrash(t *testing.T) {
	o := openOffice(t, nil)
	j := o.start(`{"kind":"digest"}`)
	for n := range 5 {
		_, err := chunkPut.Do(t.Context(), o.d.entities.Load(), inputKey(j.ID, n), []byte("of the dead"))
		must(t, err)
	}
	o.upload(j.ID, "hello")
	o.await(j.ID, "done")
	var got digested
	sum := sha256.Sum256([]byte("hello"))
	if o.do(200, "GET", "/api/jobs/"+j.ID+"/result", "", &got); got.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("the digest is %+v", got)
	}
	o.nothingLeft(j.ID)
}

// A job that is called off in the middle leaves nothing, wherever it is.
func TestCancelLeavesNothing(t *testing.T) {
	o := openOffice(t, &shelf{matches: 100})
	text := whole(madeText(1, 16<<10, 512))
	for _, kind := range []string{"digest", "wordcount", "verify-archive"} {
		for _, at := range []int{0, 1, 3} {
			input := `{"pace":20}`
			if kind != "digest" {
				input = `{"pace":20,"parallel":3}`
			}
			j := o.start(`{"kind":"` + kind + `","input":` + input + `}`)
			if kind != "verify-archive" && at > 0 {
				o.upload(j.ID, text)
			}
			if at > 0 {
				o.until(j.ID, func(j Job) bool { return j.Progress.Done >= at })
			}
			o.do(200, "DELETE", "/api/jobs/"+j.ID, "", &j)
			if j.State != "cancelled" {
				t.Errorf("%s at %d: it is %+v", kind, at, j)
			}
			o.nothingLeft(j.ID)
		}
	}
}

// A terminated job skips its clean-up; its keeper is still there for it.
func TestTerminatedJobHasAKeeper(t *testing.T) {
	o := openOffice(t, nil)
	j := o.start(`{"kind":"digest","input":{"pace":50}}`)
	o.upload(j.ID, strings.Repeat("word ", 4000))
	o.until(j.ID, func(j Job) bool { return j.Progress.Done >= 1 })
	must(t, o.d.orchestrations.Terminate(t.Context(), j.ID, "by hand"))
	o.await(j.ID, "cancelled")
	if o.chunks(j.ID) == 0 {
		t.Error("there was nothing to keep")
	}
	s, err := o.d.orchestrations.Status(keeperOf(j.ID))
	if must(t, err); s.State != orchestrator.Running {
		t.Errorf("the keeper is %s", s.State)
	}
}

// The stream tells each step, and ends with the job.
func TestJobEvents(t *testing.T) {
	o := openOffice(t, nil)
	j := o.start(`{"kind":"digest","input":{"size":5000,"pace":60}}`)
	answer, err := http.Get(o.url + "/api/jobs/" + j.ID + "/events")
	must(t, err)
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("it is %s", got)
	}
	var kinds []string
	done := -1
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if kind, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			kinds = append(kinds, kind)
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			must(t, json.Unmarshal([]byte(data), &j))
			if j.Progress.Done < done {
				t.Errorf("it went back from %d to %d", done, j.Progress.Done)
			}
			done = j.Progress.Done
		}
	}
	if n := len(kinds); n < 4 || kinds[0] != "progress" || kinds[n-1] != "end" || j.State != "done" || done != 5 {
		t.Errorf("the stream had %v, and in the end %+v", kinds, j)
	}
}

// shelf is an archive of so many matches; every 50th cannot be played again, and
// every 100th is private.
type shelf struct {
	matches int
}

func (s *shelf) Finished(cursor string, limit int) (ids []string, next string, err error) {
	at := 0
	if cursor != "" {
		if _, err := fmt.Sscan(cursor, &at); err != nil {
			return nil, "", err
		}
	}
	for ; at < s.matches && len(ids) < min(limit, 77); at++ {
		ids = append(ids, fmt.Sprint("match-", at))
	}
	if at < s.matches {
		next = fmt.Sprint(at)
	}
	return ids, next, nil
}

func (s *shelf) Verify(id string) (v game.Verified, err error) {
	n := 0
	_, err = fmt.Sscanf(id, "match-%d", &n)
	v = game.Verified{Games: 1, Moves: 10, Private: n%100 == 0}
	if n%50 == 0 {
		v.Wrong = "column 4 is full"
	}
	return v, err
}
