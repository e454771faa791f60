package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// asked reads an answer of the inspector into a value; false while it does not answer so.
func asked(t *testing.T, url string, into any) bool {
	t.Helper()
	r, err := http.Get(url) //nolint:noctx // of a child on loopback
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	return r.StatusCode == http.StatusOK && json.NewDecoder(r.Body).Decode(into) == nil
}

// TestInspectedOverKill: what the inspector tells of a server is that server's, and when one is killed and comes back, what
// its code was run over again is seen.
func TestInspectedOverKill(t *testing.T) {
	data := newData(t)
	args := []string{"--addr", "127.0.0.1:0", "--log-level", "warn", "--durability", "sync"}
	server := startServer(t, data, args...)
	if status := post(t, server.url+"/inspector/api/start", `{"name":"approval","id":"patient"}`); status != http.StatusOK {
		t.Fatalf("started: %d", status)
	}
	type history struct {
		Total  int
		Replay *struct {
			Rows int
			Boot string
		}
	}
	type engine struct {
		Boot, Durability string
		Turns, Commits   uint64
		Memory           int64
		Partitions       []struct{ CacheBudget int64 }
		Store            *struct{ Commit, LogBytes, FreeBytes int64 }
	}
	look := func() (h history, e engine) {
		t.Helper()
		waitFor(t, func() bool {
			return asked(t, server.url+"/inspector/api/instances/patient/history", &h) && h.Total >= 3 && asked(t, server.url+"/inspector/api/engine", &e)
		}, func() string { return "it never waits" })
		if e.Boot == "" || e.Durability != "sync" || len(e.Partitions) == 0 || e.Partitions[0].CacheBudget == 0 || e.Memory == 0 ||
			e.Store == nil || e.Store.Commit == 0 || e.Store.LogBytes == 0 || e.Store.FreeBytes == 0 {
			t.Errorf("the engine is %+v, %+v", e, e.Store)
		}
		return h, e
	}
	before, first := look()
	if before.Replay != nil || first.Turns == 0 || first.Commits == 0 {
		t.Errorf("before: %+v %+v", before, first)
	}
	server.kill()
	server = startServer(t, data, append(args, "--addr", strings.TrimPrefix(server.url, "http://"))...)
	if status := post(t, server.url+"/inspector/api/instances/patient/suspend", `{"reason":"to have it take a turn"}`); status != http.StatusOK {
		t.Fatalf("suspended: %d", status)
	}
	after, second := look()
	if after.Replay == nil || after.Replay.Rows != before.Total || after.Replay.Boot != second.Boot || second.Boot == first.Boot || after.Total <= before.Total {
		t.Errorf("after: %+v %+v, of boot %s", after, after.Replay, second.Boot)
	}
	for path, want := range map[string]int{"": 200, "/": 200, "/i/patient": 200, "/i/a%2Fb": 200, "/e/counter/$": 200, "/engine": 200, "/locks": 200, "/nothing": 404, "/api/plug": 404} {
		if got := status(t, server.url+"/inspector"+path); got != want {
			t.Errorf("/inspector%s: %d, not %d", path, got, want)
		}
	}
}
