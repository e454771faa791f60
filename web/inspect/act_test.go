package inspect

import (
	"fmt"
	"strings"
	"testing"
)

func TestActions(t *testing.T) {
	h := openHouse(t)
	for _, action := range []string{"suspend", "resume", "cancel", "terminate", "rewind", "restart", "purge"} {
		h.want(404, "POST", "instances/nobody/"+action, "")
	}
	h.want(404, "POST", "instances/nobody/raise", `{"event":"go"}`)
	var did struct{ ID string }
	h.want(200, "POST", "start", `{"name":"WAITS","id":"w","input":{"a":1}}`, &did)
	if did.ID != "w" {
		t.Errorf("started %+v", did)
	}
	h.want(409, "POST", "start", `{"name":"waits","id":"w"}`)
	h.want(400, "POST", "start", `{"name":"nobody"}`)
	h.want(400, "POST", "start", `{"name":"waits","id":"sl/ash"}`)
	h.want(415, "POST", "start", "")
	h.state("w", "Running")
	var s status
	h.want(200, "POST", "instances/w/suspend", `{"reason":"lunch"}`)
	if h.want(200, "GET", "instances/w", "", &s); s.State != "Suspended" || s.Reason != "lunch" {
		t.Errorf("%+v", s)
	}
	h.want(200, "POST", "instances/w/resume", "")
	h.want(400, "POST", "instances/w/rewind", "")
	h.want(409, "POST", "instances/w/purge", "")
	h.want(409, "POST", "instances/w/restart", "")
	h.want(400, "POST", "instances/w/raise", `{"body":1}`)
	h.want(400, "POST", "instances/w/raise", `{"event":`)
	h.want(413, "POST", "instances/w/raise", `{"event":"go","body":"`+strings.Repeat("x", maxBody)+`"}`)
	h.want(413, "POST", "instances/w/raise", `{"event":"go","body":"`+strings.Repeat("x", maxBody*3/4)+`"}`)
	h.want(200, "POST", "instances/w/raise", `{"event":"go","body":[1]}`)
	h.state("w", "Completed")
	for _, action := range []string{"suspend", "resume", "cancel", "terminate", "rewind"} {
		if r := h.want(410, "POST", "instances/w/"+action, ""); !strings.Contains(r.body, "Completed") {
			t.Errorf("%s: %s", action, r.body)
		}
	}
	h.want(410, "POST", "instances/w/raise", `{"event":"go"}`)
	h.want(200, "POST", "instances/w/restart", `{"newId":true}`, &did)
	if h.state(did.ID, "Running"); did.ID == "w" {
		t.Error("it has no new id")
	}
	h.want(200, "POST", "instances/"+did.ID+"/cancel", `{"reason":"no more"}`)
	h.state(did.ID, "Terminated")
	h.want(200, "POST", "instances/w/purge", `{"recursive":true}`)
	h.want(404, "GET", "instances/w", "")
	h.start("tries", "f", "")
	h.state("f", "Failed")
	h.want(200, "POST", "instances/f/rewind", `{"reason":"mended"}`)
	h.until("it was rewound, and failed again", func() bool {
		rows, err := h.client.History("f")
		return err == nil && strings.Contains(fmt.Sprint(rows), "ExecutionRewound") && rows[len(rows)-1].Type == "ExecutionCompleted"
	})
	if h.want(200, "GET", "instances/f", "", &s); s.Failure == nil || !strings.Contains(s.Failure.Message, "the lamp is broken") {
		t.Errorf("%+v", s.Failure)
	}
}

// To terminate is to terminate those below, unless one says otherwise.
func TestTerminateTree(t *testing.T) {
	for body, want := range map[string]string{"": "Terminated", `{"recursive":false}`: "Running"} {
		h := openHouse(t)
		h.start("middle", "m", "")
		h.state("leaf", "Running")
		h.want(200, "POST", "instances/m/terminate", body)
		h.state("m", "Terminated")
		h.state("leaf", want)
	}
}

func TestSignal(t *testing.T) {
	h := openHouse(t)
	h.want(404, "POST", "entities/nobody/a/signal", `{"op":"add"}`)
	h.want(400, "POST", "entities/purse/a/signal", `{"op":"explode"}`)
	h.want(404, "GET", "entities/purse/$", "")
	h.want(202, "POST", "entities/purse/$/signal", `{"op":"ADD","input":3}`)
	var e entity
	h.until("the signal was heard", func() bool {
		r := h.do("GET", "entities/purse/$", "")
		return r.StatusCode == 200
	})
	if h.want(200, "GET", "entities/purse/$", "", &e); string(e.State) != "3" || e.Key != "" || e.Queue == nil {
		t.Errorf("%+v", e)
	}
}

// A batch does to each what it can, and says where it could not.
func TestBatch(t *testing.T) {
	h := openHouse(t)
	var ids []string
	for n := range 40 {
		id := fmt.Sprintf("b%02d", n)
		h.start("waits", id, "")
		ids = append(ids, `"`+id+`"`)
	}
	var done struct {
		Done   int
		Failed []failed
	}
	list := "[" + strings.Join(ids, ",") + `,"nobody","b00"]`
	for _, step := range []struct {
		action string
		done   int
		failed []failed
	}{
		{"suspend", 40, []failed{{"nobody", "there is no orchestration"}}},
		{"resume", 40, []failed{{"nobody", "there is no orchestration"}}},
		{"purge", 0, []failed{{"b00", "terminate it first"}}},
		{"terminate", 40, []failed{{"nobody", "there is no orchestration"}}},
		{"terminate", 0, []failed{{"b00", "has ended"}}},
		{"purge", 40, []failed{{"nobody", "there is no orchestration"}}},
	} {
		h.want(200, "POST", "batch", `{"action":"`+step.action+`","ids":`+list+`,"reason":"many"}`, &done)
		if done.Done != step.done || len(done.Failed) != 41-step.done || done.Failed[0].ID != step.failed[0].ID || !strings.Contains(done.Failed[0].Why, step.failed[0].Why) {
			t.Errorf("%s: %+v", step.action, done)
		}
	}
	for _, bad := range []string{`{"action":"explode","ids":["a"]}`, `{"action":"purge"}`, `{"action":"purge","ids":[]}`, `{"action":"purge","ids":[` + strings.Repeat(`"x",`, 3) + `null]}`} {
		h.want(400, "POST", "batch", bad)
	}
	var many []string
	for n := range maxBatch + 1 {
		many = append(many, fmt.Sprintf(`"%d"`, n))
	}
	h.want(400, "POST", "batch", `{"action":"purge","ids":[`+strings.Join(many, ",")+`]}`)
	h.want(200, "POST", "batch", `{"action":"purge","ids":[`+strings.Join(many[1:], ",")+`]}`, &done)
	if len(done.Failed) != maxBatch {
		t.Errorf("%d failed", len(done.Failed))
	}
}
