package main

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

const terminate = syscall.SIGTERM

func status(t *testing.T, url string) int {
	t.Helper()
	r, err := http.Get(url) //nolint:noctx // of a child on loopback
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	return r.StatusCode
}

func post(t *testing.T, url, body string) int {
	t.Helper()
	r, err := http.Post(url, "application/json", strings.NewReader(body)) //nolint:noctx // of a child on loopback
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	return r.StatusCode
}

// waitStatus asks until the answer has this status.
func waitStatus(t *testing.T, url string, want int) {
	t.Helper()
	got := 0
	waitFor(t, func() bool { got = status(t, url); return got == want }, func() string {
		return url + " answers " + http.StatusText(got) + ", not " + http.StatusText(want)
	})
}

// waitFor waits for something that a child tells nobody.
func waitFor(t testing.TB, done func() bool, missing func() string) {
	t.Helper()
	for end := time.Now().Add(startTimeout); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(missing())
		}
	}
}
