package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// API calls a server's HTTP API. It may be used concurrently.
type API struct {
	// URL of the server, without a slash at the end.
	URL string
	// HTTP is http.DefaultClient if it is nil.
	HTTP *http.Client
	// Pause between two attempts while the server is away; 0 is 50 ms.
	Pause time.Duration
}

// Player is a player with the token of a session.
type Player struct {
	ID, Name, Token string
}

// Match is how a match stands. It holds what bots ask for.
type Match struct {
	ID    string `json:"id"`
	Code  string `json:"code"`
	Game  string `json:"game"`
	State string `json:"state"`
	Seq   int64  `json:"seq"`
	Seats []struct {
		Player string `json:"player"`
		Name   string `json:"name"`
	} `json:"seats"`
}

// Record is one game of a match.
type Record struct {
	Game    string          `json:"game"`
	N       int             `json:"n"`
	Games   int             `json:"games"`
	Options json.RawMessage `json:"options"`
	Seed    json.RawMessage `json:"seed"`
	Moves   []RecordMove    `json:"moves"`
	Result  json.RawMessage `json:"result"`
	Phases  int             `json:"phases"` // of the games before: see game.Look
}

// RecordMove is a move of a record.
type RecordMove struct {
	Seq  int64  `json:"seq"`
	Seat int    `json:"seat"`
	Move string `json:"move"`
}

// Position is a view of the past.
type Position struct {
	Seq  int64           `json:"seq"`
	View json.RawMessage `json:"view"`
	Hash string          `json:"hash"`
}

// Problem is an error that the server answered.
type Problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Error says all of it.
func (p *Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// NewPlayer makes a guest. Where the server was killed in the middle, the player may have been made and forgotten.
func (a *API) NewPlayer(ctx context.Context, name string) (Player, error) {
	var answer struct {
		Player struct{ ID, Name string }
		Token  string
	}
	err := a.call(ctx, request{method: http.MethodPost, path: "/api/players", body: map[string]string{"name": name}}, &answer)
	return Player{ID: answer.Player.ID, Name: answer.Player.Name, Token: answer.Token}, err
}

// MatchSpec says what a match is to be like. Its other seat is open, unless Seats say otherwise.
type MatchSpec struct {
	Game    string   `json:"game"`
	Seats   []string `json:"seats,omitempty"` // the others: open, bot:1…
	Rated   bool     `json:"rated,omitempty"`
	Private bool     `json:"private,omitempty"`
}

// NewMatch makes a match in which the other seat is open. The same key makes the same match.
func (a *API) NewMatch(ctx context.Context, p Player, game, key string) (id string, err error) {
	return a.Create(ctx, p, MatchSpec{Game: game}, key)
}

// Create is NewMatch for a match of any kind.
func (a *API) Create(ctx context.Context, p Player, m MatchSpec, key string) (id string, err error) {
	var answer struct{ ID string }
	err = a.call(ctx, request{method: http.MethodPost, path: "/api/matches", token: p.Token, key: key, body: m}, &answer)
	return answer.ID, err
}

// Join takes the next seat; again, the same one.
func (a *API) Join(ctx context.Context, p Player, match string) (seat int, err error) {
	var answer struct{ Seat int }
	err = a.call(ctx, request{method: http.MethodPost, path: "/api/matches/" + match + "/join", token: p.Token, body: struct{}{}}, &answer)
	return answer.Seat, err
}

// Match is how a match stands.
func (a *API) Match(ctx context.Context, match string) (m Match, err error) {
	err = a.call(ctx, request{method: http.MethodGet, path: "/api/matches/" + match}, &m)
	return m, err
}

// Record is game n of a match, as a watcher may know it; 0 is the latest.
func (a *API) Record(ctx context.Context, match string, n int) (r Record, err error) {
	query := url.Values{}
	if n > 0 {
		query.Set("n", strconv.Itoa(n))
	}
	err = a.call(ctx, request{method: http.MethodGet, path: "/api/matches/" + match + "/record?" + query.Encode()}, &r)
	return r, err
}

// Position is a watcher's view after an event.
func (a *API) Position(ctx context.Context, match string, seq int64) (p Position, err error) {
	err = a.call(ctx, request{
		method: http.MethodGet, path: "/api/matches/" + match + "/position?seq=" + strconv.FormatInt(seq, 10),
	}, &p)
	return p, err
}

// Get asks for whatever a path answers, and decodes it into a value.
func (a *API) Get(ctx context.Context, path string, into any) error {
	return a.call(ctx, request{method: http.MethodGet, path: path}, into)
}

type request struct {
	method, path, token, key string
	body                     any
}

// call repeats the request until there is an answer other than that the server is busy or away.
func (a *API) call(ctx context.Context, r request, answer any) error {
	for {
		err := a.once(ctx, r, answer)
		if err == nil || !isAway(err) {
			return err
		}
		pause := a.Pause
		if pause == 0 {
			pause = 50 * time.Millisecond
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; the last attempt: %w", ctx.Err(), err)
		case <-time.After(pause):
		}
	}
}

// away wraps what is worth another attempt.
type away struct{ error }

func (a away) Unwrap() error { return a.error }

func isAway(err error) bool {
	_, ok := err.(away) //nolint:errorlint // made by once, and wrapped by nobody
	return ok
}

func (a *API) once(ctx context.Context, r request, answer any) error {
	var body io.Reader
	if r.body != nil {
		b, err := json.Marshal(r.body)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	q, err := http.NewRequestWithContext(ctx, r.method, a.URL+r.path, body)
	if err != nil {
		return err
	}
	q.Header.Set("Accept", "application/json")
	if r.body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		q.Header.Set("Authorization", "Bearer "+r.token)
	}
	if r.key != "" {
		q.Header.Set("Idempotency-Key", r.key)
	}
	client := a.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(q)
	if err != nil {
		return away{err}
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		return away{err}
	}
	return understand(response, r, b, answer)
}

func understand(response *http.Response, r request, body []byte, answer any) error {
	if response.StatusCode < 300 {
		if err := json.Unmarshal(body, answer); err != nil {
			return fmt.Errorf("%s %s: %w", r.method, r.path, err)
		}
		return nil
	}
	p := &Problem{Status: response.StatusCode, Detail: string(body)}
	_ = json.Unmarshal(body, p) // what is no problem document is told as it is
	err := fmt.Errorf("%s %s: %w", r.method, r.path, p)
	if p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests {
		return away{err}
	}
	return err
}
