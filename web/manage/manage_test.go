package manage

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every row of the table of Durable Functions' HTTP API.
func TestBehaviour_091_ManagementAPI(t *testing.T) {
	h := openHouse(t)
	run := func(name string, test func(*testing.T)) {
		t.Run(name, func(t *testing.T) {
			h.t = t
			test(t)
		})
	}
	run("start", h.testStart)
	run("start and wait", h.testStartAndWait)
	run("status", h.testStatus)
	run("list", h.testList)
	run("events and commands", h.testControl)
	run("rewind", h.testRewind)
	run("restart", h.testRestart)
	run("purge", h.testPurge)
	run("entities", h.testEntities)
	run("routes", h.testRoutes)
}

func (h *house) testStart(t *testing.T) {
	r := h.want(202, "POST", "orchestrators/hello/greeter?code=k%26y", `["Tokyo"]`)
	var l links
	must(t, json.Unmarshal([]byte(r.body), &l))
	at := h.url + Root + "/instances/greeter"
	if l.ID != "greeter" || l.StatusQuery != at+"?taskHub=Everturn&connection=Storage&code=k%26y" || r.Header.Get("Location") != l.StatusQuery || r.Header.Get("Retry-After") != "10" {
		t.Errorf("started: %v %+v", r.Header, l)
	}
	for name, want := range map[string]string{
		l.SendEvent: "/raiseEvent/{eventName}?taskHub", l.Terminate: "/terminate?reason={text}&taskHub", l.Suspend: "/suspend?reason={text}&", l.Resume: "/resume?reason={text}&",
		l.Rewind: "/rewind?reason={text}&", l.Restart: "/restart?taskHub", l.PurgeHistory: "?taskHub",
	} {
		if !strings.HasPrefix(name, at+want) || !strings.HasSuffix(name, "code=k%26y") {
			t.Errorf("link %s is not for %s", name, want)
		}
	}
	if s := h.state("greeter", "Completed"); string(s.Output) != `["Hello, Tokyo!"]` || string(s.Input) != `["Tokyo"]` || s.Name != "hello" {
		t.Errorf("it is %+v", s)
	}
	if plain := h.start("HELLO", ""); strings.Contains(plain.StatusQuery, "code") || len(plain.ID) != 32 {
		t.Errorf("without a code: %+v", plain)
	}
	for _, none := range []string{"", "null", `""`} {
		if s := h.state(h.start("hello", none).ID, "Completed"); string(s.Output) != "[]" {
			t.Errorf("hello to nobody: %s", s.Output)
		}
	}
	h.want(400, "POST", "orchestrators/nobody", `[]`)
	h.want(400, "POST", "orchestrators/hello", `[`)
	h.start("waits/busy", "")
	h.want(409, "POST", "orchestrators/waits/busy", "")
	once := func() string {
		r := h.do(call{method: "POST", path: "orchestrators/waits", header: map[string]string{"Idempotency-Key": "one"}})
		var l links
		must(t, json.Unmarshal([]byte(r.body), &l))
		return l.ID
	}
	if first, again := once(), once(); first != again {
		t.Errorf("the same key started %s and %s", first, again)
	}
	for _, path := range []string{"waits", "hello"} {
		other := call{method: "POST", path: "orchestrators/" + path, body: `["Rome"]`, header: map[string]string{"Idempotency-Key": "one"}}
		if r := h.do(other); r.StatusCode != 409 {
			t.Errorf("the same key for another start of %s: %d %s", path, r.StatusCode, r.body)
		}
	}
}

func (h *house) testStartAndWait(t *testing.T) {
	if r := h.want(200, "POST", "orchestrators/hello?timeout=20&pollingInterval=0.5", `["Oslo","Rome"]`); r.body != `["Hello, Oslo!","Hello, Rome!"]` {
		t.Errorf("the output is %s", r.body)
	}
	h.want(202, "POST", "orchestrators/waits?timeout=0.05&pollingInterval=0.01", "")
	h.want(202, "POST", "orchestrators/naps?timeout=20", "1")
	h.want(400, "POST", "orchestrators/hello?timeout=soon&pollingInterval=1", "")
	if r := h.want(200, "POST", "orchestrators/fails?timeout=20&pollingInterval=1", ""); !strings.Contains(r.body, `"runtimeStatus":"Failed"`) {
		t.Errorf("one that fails: %s", r.body)
	}
	h.want(500, "POST", "orchestrators/fails?timeout=20&pollingInterval=1&returnInternalServerErrorOnFailure=true", "")
}

func (h *house) testStatus(t *testing.T) {
	h.want(404, "GET", "instances/nobody", "")
	h.start("waits/w", `{"a":1}`)
	s := h.state("w", "Running")
	if string(s.Input) != `{"a":1}` || string(s.CustomStatus) != `"waiting"` || string(s.Output) != "null" && s.Output != nil || s.HistoryEvents != nil {
		t.Errorf("it is %+v", s)
	}
	if _, err := time.Parse("2006-01-02T15:04:05Z", s.CreatedTime); err != nil || len(s.LastUpdatedTime) != len(s.CreatedTime) {
		t.Errorf("times %s, %s", s.CreatedTime, s.LastUpdatedTime)
	}
	r := h.want(202, "GET", "instances/w?showInput=false&taskHub=everturn", "")
	if r.Header.Get("Location") != h.url+Root+"/instances/w?showInput=false&taskHub=everturn" || r.Header.Get("Retry-After") != "5" || !strings.Contains(r.body, `"input":null`) {
		t.Errorf("while it runs: %v %s", r.Header, r.body)
	}
	if known := h.do(call{method: "GET", path: "instances/w?showInput=false", header: map[string]string{"If-None-Match": r.Header.Get("ETag")}}); known.StatusCode != 304 {
		t.Errorf("what is known: %d", known.StatusCode)
	}
	h.want(202, "POST", "instances/w/suspend?reason=lunch", "")
	h.want(202, "GET", "instances/w", "")
	h.want(202, "POST", "instances/w/resume", "")
	h.want(202, "POST", "instances/w/raiseEvent/go", `42`)
	h.state("w", "Completed")
	r = h.want(200, "GET", "instances/w?showHistory=true&showHistoryOutput=true", "")
	var got struct{ HistoryEvents []map[string]any }
	must(t, json.Unmarshal([]byte(r.body), &got))
	var types []string
	for _, e := range got.HistoryEvents {
		types = append(types, e["EventType"].(string))
	}
	if want := "ExecutionStarted ExecutionSuspended ExecutionResumed EventRaised ExecutionCompleted"; strings.Join(types, " ") != want {
		t.Errorf("history %v", types)
	}
	if last := got.HistoryEvents[4]; last["OrchestrationStatus"] != "Completed" || last["Result"] != 42.0 {
		t.Errorf("its end: %v", last)
	}
	h.start("fails/f", "")
	if s := h.state("f", "Failed"); string(s.Output) != `"as was to be expected"` {
		t.Errorf("failed with %s", s.Output)
	}
	h.want(200, "GET", "instances/f", "")
	h.want(500, "GET", "instances/f?returnInternalServerErrorOnFailure=true", "")
	h.start("naps/folded", "1")
	h.state("folded", "Completed")
	r = h.want(200, "GET", "instances/folded?showHistory=true", "")
	if strings.Contains(r.body, "TimerCreated") || !strings.Contains(r.body, `"EventType":"TimerFired","ScheduledTime":"`) || strings.Contains(r.body, `"Result"`) {
		t.Errorf("folded: %s", r.body)
	}
	h.start("hello/folded2", `["Bern"]`)
	h.state("folded2", "Completed")
	if r = h.want(200, "GET", "instances/folded2?showHistory=true", ""); !strings.Contains(r.body, `"FunctionName":"say-hello"`) || strings.Contains(r.body, "TaskScheduled") {
		t.Errorf("folded: %s", r.body)
	}
}

func (h *house) testList(t *testing.T) {
	for i := range 7 {
		h.start(fmt.Sprintf("waits/list-%d", i), "")
	}
	var got []status
	seen, token, pages := map[string]bool{}, "", 0
	for {
		r := h.do(call{method: "GET", path: "instances/?instanceIdPrefix=list-&top=3&showInput=false", header: map[string]string{"x-ms-continuation-token": token}})
		must(t, json.Unmarshal([]byte(r.body), &got))
		for _, s := range got {
			seen[s.InstanceID] = true
		}
		pages++
		if token = r.Header.Get("x-ms-continuation-token"); token == "" {
			break
		}
	}
	if len(seen) != 7 || pages < 3 {
		t.Errorf("%d instances on %d pages", len(seen), pages)
	}
	count := func(query string) int {
		t.Helper()
		must(t, json.Unmarshal([]byte(h.want(200, "GET", "instances?instanceIdPrefix=list-&"+query, "").body), &got))
		return len(got)
	}
	h.want(202, "POST", "instances/list-3/terminate?reason=enough", "")
	for query, want := range map[string]int{
		"runtimeStatus=Terminated": 1, "runtimeStatus=terminated,Running,Pending": 7, "runtimeStatus=Terminated&RUNTIMESTATUS=Failed": 1,
		"runtimeStatus=ContinuedAsNew": 0, "runtimeStatus=Canceled,Terminated": 1,
		"createdTimeFrom=0001-01-01T00:00:00Z": 7, "createdTimeFrom=1-01-01T00:00:00.000000Z": 7, "createdTimeTo=0001-01-01T00:00:00Z": 0,
		"createdTimeFrom=2001-01-01T00:00:00Z": 7, "createdTimeTo=2001-01-01": 0, "createdTimeFrom=" + url.QueryEscape(time.Now().Add(time.Hour).Format(time.RFC3339)): 0,
	} {
		if n := count(query); n != want {
			t.Errorf("%s: %d, not %d", query, n, want)
		}
	}
	for _, bad := range []string{"runtimeStatus=Happy", "createdTimeFrom=noon", "top=x", "top=-1"} {
		h.want(400, "GET", "instances?"+bad, "")
	}
	if r := h.do(call{method: "GET", path: "instances", header: map[string]string{"x-ms-continuation-token": "made up"}}); r.StatusCode != 400 {
		t.Errorf("a made-up token: %d", r.StatusCode)
	}
}

func (h *house) testControl(t *testing.T) {
	for _, path := range []string{"raiseEvent/x", "terminate", "suspend", "resume", "rewind"} {
		h.want(404, "POST", "instances/nobody/"+path, "")
	}
	h.start("waits/c", "")
	if r := h.do(call{method: "POST", path: "instances/c/raiseEvent/go", body: "1", header: map[string]string{"Content-Type": "text/plain"}}); r.StatusCode != 400 {
		t.Errorf("an event in plain text: %d", r.StatusCode)
	}
	h.want(400, "POST", "instances/c/raiseEvent/go", "{")
	h.want(400, "POST", "instances/c/rewind", "")
	keyed := func(event, body string) int {
		return h.do(call{method: "POST", path: "instances/c/raiseEvent/" + event, body: body, header: map[string]string{"Idempotency-Key": "one"}}).StatusCode
	}
	if got := []int{keyed("come", "1"), keyed("come", "1"), keyed("come", "2"), keyed("go", "1")}; !slices.Equal(got, []int{202, 202, 409, 409}) {
		t.Errorf("events with one key: %v", got)
	}
	h.want(202, "POST", "instances/c/terminate?reason=that%20was%20it", "")
	if s := h.state("c", "Terminated"); string(s.Output) != `"that was it"` {
		t.Errorf("terminated with %s", s.Output)
	}
	for _, path := range []string{"raiseEvent/go", "terminate", "suspend", "resume", "rewind"} {
		h.want(410, "POST", "instances/c/"+path, "")
	}
	h.want(410, "POST", "instances/c/raiseEvent/go", "{") // that comes first
	h.want(404, "POST", "instances/nobody/raiseEvent/go", "{")
	if r := h.want(404, "POST", "instances/nobody/rewind", ""); !strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("the original's client shows people %s", r.body)
	}
	h.start("approval/yes", `{"timeout":60}`)
	h.want(202, "POST", "instances/yes/raiseEvent/approval", `{"by":"Ann"}`)
	if s := h.state("yes", "Completed"); string(s.Output) != `{"approved":true,"timedOut":false,"answer":{"by":"Ann"}}` {
		t.Errorf("approved: %s", s.Output)
	}
	h.start("approval/late", `{"timeout":0.01}`)
	if s := h.state("late", "Completed"); string(s.Output) != `{"approved":false,"timedOut":true}` {
		t.Errorf("too late: %s", s.Output)
	}
	h.start("eternal/e", "5")
	h.want(202, "POST", "instances/e/raiseEvent/stop", "")
	if s := h.state("e", "Completed"); string(s.Output) != "5" {
		t.Errorf("eternal counted %s", s.Output)
	}
}

func (h *house) testRewind(t *testing.T) {
	h.start("failing/r", `"lamp"`)
	h.state("r", "Failed")
	h.want(200, "POST", "entities/counter/lamp?op=add&call=true", "1")
	h.want(202, "POST", "instances/r/rewind?reason=mended", "")
	if s := h.state("r", "Completed"); string(s.Output) != `"mended"` {
		t.Errorf("rewound: %s", s.Output)
	}
}

func (h *house) testRestart(t *testing.T) {
	h.want(400, "POST", "instances/nobody/restart", "")
	h.start("hello/again", `["Kyiv"]`)
	h.state("again", "Completed")
	if r := h.want(200, "POST", "instances/again/restart?restartWithNewInstanceId=false&timeout=20&pollingInterval=1", ""); r.body != `["Hello, Kyiv!"]` {
		t.Errorf("restarted: %s", r.body)
	}
	var l links
	must(t, json.Unmarshal([]byte(h.want(202, "POST", "instances/again/restart", "").body), &l))
	if l.ID == "again" || string(h.state(l.ID, "Completed").Input) != `["Kyiv"]` {
		t.Errorf("under a new id: %+v", l)
	}
}

func (h *house) testPurge(t *testing.T) {
	h.want(404, "DELETE", "instances/nobody", "")
	h.start("waits/p", "")
	h.want(409, "DELETE", "instances/p", "")
	h.want(202, "POST", "instances/p/terminate", "")
	if r := h.want(200, "DELETE", "instances/p", ""); r.body != `{"instancesDeleted":1}` {
		t.Errorf("purged: %s", r.body)
	}
	h.want(404, "GET", "instances/p", "")
	h.want(400, "DELETE", "instances", "")
	h.start("fails/p2", "")
	h.state("p2", "Failed")
	h.want(404, "DELETE", "instances?createdTimeFrom=2001-01-01&runtimeStatus=Running", "")
	h.want(404, "DELETE", "instances?createdTimeFrom=2001-01-01&createdTimeTo=2001-01-02", "")
	h.want(404, "DELETE", "instances?createdTimeFrom=1970-01-01&createdTimeTo=0001-01-01T00:00:00Z", "")
	if r := h.want(200, "DELETE", "instances?createdTimeFrom=0001-01-01T00:00:00Z&runtimeStatus=Failed,Running", ""); !strings.Contains(r.body, "instancesDeleted") {
		t.Errorf("purged: %s", r.body)
	}
	h.want(404, "GET", "instances/p2", "")
}

func (h *house) testEntities(t *testing.T) {
	h.want(404, "GET", "entities/counter/a", "")
	h.want(404, "GET", "entities/nobody/a", "")
	h.want(400, "POST", "entities/nobody/a?op=add", "1")
	h.want(400, "DELETE", "entities/nobody/a", "")
	h.want(202, "POST", "entities/Counter/a%2Fb?op=add", "2")
	if r := h.want(200, "POST", "entities/counter/a%2Fb?op=add&call=true", "3.5"); r.body != "5.5" {
		t.Errorf("called: %s", r.body)
	}
	if r := h.want(200, "GET", "entities/counter/a%2Fb", ""); r.body != "5.5" || r.Header.Get("ETag") == "" {
		t.Errorf("the state is %s", r.body)
	}
	h.want(200, "POST", "entities/counter/$?op=add&call=true", "1")
	h.want(200, "GET", "entities/counter/$", "")
	h.want(400, "POST", "entities/counter/a?op=add", "{")
	h.want(400, "POST", "entities/counter/a?op=explode", "")
	h.want(400, "POST", "entities/counter/a?op=add&call=true", `"many"`)
	if r := h.do(call{method: "POST", path: "entities/counter/a?op=add&call=true", body: "1", header: map[string]string{"Content-Type": "text/plain"}}); r.StatusCode != 400 {
		t.Errorf("a text is passed as a text, and add takes none: %d", r.StatusCode)
	}
	var list []listed
	must(t, json.Unmarshal([]byte(h.want(200, "GET", "entities/counter?fetchState=true", "").body), &list))
	found := map[string]string{}
	for _, e := range list {
		found[e.EntityID.Name+"/"+e.EntityID.Key] = string(e.State)
	}
	if found["counter/a/b"] != "5.5" || found["counter/"] != "1" {
		t.Errorf("listed: %v", found)
	}
	r := h.want(200, "GET", "entities?top=1", "")
	if strings.Contains(r.body, "state") || r.Header.Get("x-ms-continuation-token") == "" {
		t.Errorf("a page: %v %s", r.Header, r.body)
	}
	h.want(400, "GET", "entities?lastOperationTimeFrom=noon", "")
	h.want(202, "DELETE", "entities/counter/$", "")
	h.want(200, "POST", "entities/counter/other?op=get&call=true", "") // of another entity; the deleted one is asked below
	if r := h.do(call{method: "POST", path: "entities/counter/$?op=add&call=true", body: "2"}); r.body != "2" {
		t.Errorf("after the delete: %s", r.body)
	}
}

func (h *house) testRoutes(t *testing.T) {
	for _, path := range []string{"", "nothing", "instances/a/b", "instances/a/explode", "entities/a/b/c", "orchestrators", "orchestrators/a/b/c"} {
		h.want(404, "GET", path, "")
		h.want(404, "POST", path, "")
	}
	for _, c := range [][2]string{{"PUT", "instances/w"}, {"POST", "instances"}, {"GET", "orchestrators/hello"}, {"PATCH", "entities/counter/a"}} {
		h.want(404, c[0], c[1], "")
	}
	h.want(404, "GET", "instances/w?taskHub=Other", "")
	h.want(200, "GET", "INSTANCES/w/", "")
	h.start("waits/caf%c3%a9%20%26", "")
	h.want(202, "GET", "instances/caf%C3%A9%20&", "")
	h.want(400, "POST", "orchestrators/waits/sl%2Fash", "") // no id has a slash
}

// TestPreferWait: the answer is held back until the instance changes.
func TestPreferWait(t *testing.T) {
	h := openHouse(t)
	h.start("waits/w", "")
	h.state("w", "Running")
	asked := make(chan reply)
	go func() {
		asked <- h.do(call{method: "GET", path: "instances/w", header: map[string]string{"Prefer": "wait=20"}})
	}()
	select {
	case r := <-asked:
		t.Fatalf("nothing happened, and the answer was %s", r.body)
	case <-time.After(50 * time.Millisecond):
	}
	h.want(202, "POST", "instances/w/raiseEvent/go", "")
	if r := <-asked; r.StatusCode != 200 || r.Header.Get("Preference-Applied") != "wait=20" {
		t.Errorf("then it was %d %s", r.StatusCode, r.body)
	}
	if r := h.do(call{method: "GET", path: "instances/w", header: map[string]string{"Prefer": "wait=20"}}); r.StatusCode != 200 {
		t.Errorf("one that has ended: %d", r.StatusCode)
	}
}

// TestFollow: a history is told as it grows, each row once, also to who comes
// again.
func TestFollow(t *testing.T) {
	h := openHouse(t)
	h.start("waits/w", "")
	h.state("w", "Running")
	follow := func(last string) *bufio.Scanner {
		r, err := http.NewRequest("GET", h.url+Root+"/instances/w", nil)
		must(t, err)
		r.Header.Set("Accept", "text/event-stream")
		r.Header.Set("Last-Event-Id", last)
		answer, err := http.DefaultTransport.RoundTrip(r)
		must(t, err)
		t.Cleanup(func() { _ = answer.Body.Close() })
		return bufio.NewScanner(answer.Body)
	}
	until := func(s *bufio.Scanner, part string) (last string, types int) {
		t.Helper()
		for s.Scan() {
			if id, ok := strings.CutPrefix(s.Text(), "id: "); ok {
				last = id
			}
			types += strings.Count(s.Text(), "EventType")
			if strings.Contains(s.Text(), part) {
				return last, types
			}
		}
		t.Fatalf("the stream ended without %s: %v", part, s.Err())
		return "", 0
	}
	live := follow("")
	last, _ := until(live, `"runtimeStatus":"Running"`)
	h.want(202, "POST", "instances/w/raiseEvent/go", `1`)
	if _, n := until(live, `"runtimeStatus":"Completed"`); n != 2 {
		t.Errorf("%d rows came live, not two", n)
	}
	if live.Scan() && live.Text() != "" || live.Scan() {
		t.Errorf("the stream goes on: %q", live.Text())
	}
	if _, n := until(follow(last), "Completed\"}"); n > 2 {
		t.Errorf("%d rows came again", n)
	}
}
