package scenario

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
	"github.com/everturn/everturn/cmd/internal/bot"
	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/game/battleship"
	"github.com/everturn/everturn/game/connect4"
	"github.com/everturn/everturn/game/rps"
	"github.com/everturn/everturn/game/tictactoe"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
	"github.com/everturn/everturn/web"
	"github.com/everturn/everturn/web/wire"
)

func catalog(t *testing.T) game.Catalog {
	t.Helper()
	c, err := game.NewCatalog(tictactoe.Rules{}, connect4.Rules{}, rps.Rules{}, battleship.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// openHouse opens a whole server in this process, on an engine in memory, and gives its address.
func openHouse(t *testing.T) string {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	desk := game.NewDesk(catalog(t))
	reg, err := orchestrator.NewRegistry(desk.Orchestrations()...)
	must(err)
	ents, err := entities.NewRegistry(desk.Entities()...)
	must(err)
	host, err := durable.Open(memstore.New(memstore.Options{Partitions: 4}), durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{Logger: zerolog.Nop()}),
			entities.Kind:     entities.NewBehavior(ents, entities.Options{}),
		},
		Worker: reg.Worker(), Logger: zerolog.Nop(), UptimeDelay: -1,
	})
	must(err)
	desk.Open(orchestrator.NewClient(host), entities.NewClient(host))
	server, err := web.New(web.Options{Desk: desk, Engine: host, Version: "test", Boot: "b1", NoRateLimits: true, Logger: zerolog.Nop()})
	must(err)
	listener := httptest.NewServer(server)
	t.Cleanup(func() {
		must(server.Close())
		listener.Close()
		must(host.Close())
	})
	return listener.URL
}

// liar stands between the bots and a server, and tells each side what a broken server would.
type liar struct {
	server string
	// frame gives what a client hears instead of a frame. It is called by one goroutine for each socket.
	frame func(socket int, f wire.ServerFrame) []wire.ServerFrame
	// move gives what the server hears instead of a move, and what the client hears at once.
	move func(socket int, f wire.Move) (forth bool, back wire.ServerFrame)
	// answer gives what is answered over HTTP instead.
	answer func(path string, body []byte) []byte

	mu      sync.Mutex
	sockets int
}

func (l *liar) listen(t *testing.T) string {
	t.Helper()
	target, err := url.Parse(l.server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(r *http.Response) error {
			if l.answer == nil {
				return nil
			}
			body, err := io.ReadAll(r.Body)
			body = l.answer(r.Request.URL.Path, body)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Del("Content-Length")
			return err
		},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ws" {
			l.socket(t, w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func (l *liar) socket(t *testing.T, w http.ResponseWriter, r *http.Request) {
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	up, _, err := dialer.Dial("ws"+strings.TrimPrefix(l.server, "http")+"/ws", http.Header{"Authorization": r.Header["Authorization"]})
	if err != nil {
		t.Error(err)
		return
	}
	upgrader := websocket.Upgrader{Subprotocols: []string{wire.Subprotocol}}
	down, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		t.Error(err)
		return
	}
	l.mu.Lock()
	number := l.sockets
	l.sockets++
	l.mu.Unlock()
	var writing sync.Mutex
	tell := func(f wire.ServerFrame) {
		writing.Lock()
		defer writing.Unlock()
		down.WriteMessage(websocket.TextMessage, f.Append(nil)) //nolint:errcheck // then the reader ends
	}
	go func() {
		defer down.Close()
		for {
			_, data, err := up.ReadMessage()
			if err != nil {
				return
			}
			f, err := wire.DecodeServer(data)
			if err != nil {
				t.Error(err)
				return
			}
			frames := []wire.ServerFrame{f}
			if l.frame != nil {
				frames = l.frame(number, f)
			}
			for _, f := range frames {
				tell(f)
			}
		}
	}()
	defer up.Close()
	for {
		_, data, err := down.ReadMessage()
		if err != nil {
			return
		}
		f, _ := wire.Decode(data)
		if m, ok := f.(wire.Move); ok && l.move != nil {
			forth, back := l.move(number, m)
			if back != nil {
				tell(back)
			}
			if !forth {
				continue
			}
		}
		if up.WriteMessage(websocket.TextMessage, data) != nil {
			return
		}
	}
}

// options of a short run.
func options(t *testing.T, url string) *Options {
	return &Options{
		API: &bot.API{URL: url}, Games: catalog(t), Recorder: measure.New(time.Now()), Log: t.Logf, Begin: func() {}, End: func() {}, Seed: 1, Name: t.Name(),
		Duration: 300 * time.Millisecond, Matches: 4, Play: []string{"tictactoe"}, Verify: 1000,
		Rate: 200, Sockets: 20, Watchers: 10, Every: 100 * time.Millisecond,
	}
}

// play runs a scenario and gives what was seen.
func play(t *testing.T, name string, o *Options) measure.Snapshot {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, s := range All() {
		if s.Name == name {
			if err := s.Run(ctx, o); err != nil {
				t.Fatal(err)
			}
			return o.Recorder.Snapshot()
		}
	}
	t.Fatalf("there is no scenario %q", name)
	return measure.Snapshot{}
}
