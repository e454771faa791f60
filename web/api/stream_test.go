package api

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
)

// A stream has the form that browsers read, and goes on behind the time that the
// server has for reading requests and for writing answers.
func TestStream(t *testing.T) {
	const within = 100 * time.Millisecond
	ended := make(chan error, 1)
	e := echo.New()
	e.GET("/", func(c echo.Context) error {
		s := NewStream(c.Response())
		err := s.Send("first", "7-1", []byte(`{"a":1}`))
		select {
		case <-c.Request().Context().Done():
			err = c.Request().Context().Err()
		case <-time.After(5 * within):
		}
		for _, step := range []func() error{s.Beat, func() error { return s.Send("second", "", []byte("null")) }} {
			if err == nil {
				err = step()
			}
		}
		ended <- err
		return nil
	})
	served := httptest.NewUnstartedServer(e)
	served.Config.ReadTimeout, served.Config.WriteTimeout = within, within
	served.Start()
	defer served.Close()
	answer, err := http.Get(served.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var all strings.Builder
	if _, err := bufio.NewReader(answer.Body).WriteTo(&all); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ended: %v", err)
	}
	if want := "event: first\nid: 7-1\ndata: {\"a\":1}\n\n:\n\nevent: second\ndata: null\n\n"; all.String() != want || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%q as %s", &all, answer.Header.Get("Content-Type"))
	}
}

func TestMatch(t *testing.T) {
	for address, want := range map[string]string{
		"/root/things/a":           "a",
		"/root/THINGS/a/":          "a",
		"/root/things/a%2Fb":       "a/b",
		"/root/things/%24":         "$",
		"/root/things/caf%C3%A9 &": "café &",
		"/root/things":             "",
		"/root/things/a/b":         "",
		"/root/things//":           "",
		"/root/other/a":            "",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		vars, ok := Match("things/{id}", Segments(u, "/root"))
		if ok != (want != "") || vars["id"] != want {
			t.Errorf("%s: %t %v", address, ok, vars)
		}
	}
}
