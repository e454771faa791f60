package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// TestTraces: with a collector named, what players do arrives there; with one that is not there, the server serves and
// stops all the same.
func TestTraces(t *testing.T) {
	var mu sync.Mutex
	var got bytes.Buffer
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/v1/traces" && r.Header.Get("Content-Type") == "application/x-protobuf" {
			_, _ = io.Copy(&got, r.Body)
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer collector.Close()
	for _, to := range []string{collector.URL, "http://127.0.0.1:1"} {
		c := startServer(t, newData(t), "--addr", "127.0.0.1:0", "--otel", to)
		if code := post(t, c.url+"/api/players", `{"name":"Ann"}`); code != http.StatusCreated {
			t.Fatal(code)
		}
		c.signal(terminate)
		if code := c.end(startTimeout); code != 0 {
			t.Errorf("exit code %d with a collector at %s", code, to)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for _, part := range []string{"everturn", "service.name", "call_entity:", "entity:", "durabletask.task.name"} {
		if !strings.Contains(got.String(), part) {
			t.Errorf("no %q in the %d bytes that the collector got", part, got.Len())
		}
	}
}
