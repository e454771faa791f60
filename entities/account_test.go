package entities

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

// account is the entity that most tests use. Its state has everything that a
// shallow rollback would get wrong.
type account struct {
	Balance int            `json:"balance"`
	Notes   []string       `json:"notes,omitempty"`
	Tags    map[string]int `json:"tags,omitempty"`
	Last    *entry         `json:"last,omitempty"`
	Rate    float64        `json:"rate,omitempty"`
}

type entry struct {
	Text string `json:"text"`
}

var errPoor = errors.New("not enough")

var (
	accounts = Define("Account", func(string) account { return account{} })

	credit = On(accounts, "Credit", func(_ *Context, s *account, n int) (int, error) {
		s.Balance += n
		return s.Balance, nil
	})
	get = On(accounts, "get", func(_ *Context, s *account, _ struct{}) (int, error) { return s.Balance, nil })
	set = On(accounts, "set", func(_ *Context, s *account, n int) (struct{}, error) {
		s.Balance = n
		return struct{}{}, nil
	})
	_ = On(accounts, "note", func(_ *Context, s *account, text string) (int, error) {
		s.Notes = append(s.Notes, text)
		if s.Tags == nil {
			s.Tags = map[string]int{}
		}
		s.Tags[text]++
		if s.Last == nil {
			s.Last = &entry{}
		}
		s.Last.Text = text
		return len(s.Notes), nil
	})
	// spoil changes everything there is to change, and then goes wrong.
	_ = On(accounts, "spoil", func(c *Context, s *account, how string) (int, error) {
		s.Balance = -1
		for i := range s.Notes {
			s.Notes[i] = "spoilt"
		}
		clear(s.Tags)
		if s.Last != nil {
			s.Last.Text = "spoilt"
		}
		_ = credit.Signal(c, "other", 1)
		_ = credit.Signal(c, "other", 2, After(time.Hour))
		switch how {
		case "error":
			return 0, errPoor
		case "panic":
			panic("spoilt")
		case "nan":
			s.Rate = math.NaN()
		case "large":
			s.Notes = append(s.Notes, string(make([]byte, 1<<20)))
		case "delete":
			c.Delete()
			return 0, errPoor
		}
		return 0, nil
	})
	remove = On(accounts, "remove", func(c *Context, s *account, _ struct{}) (int, error) {
		c.Delete()
		return s.Balance, nil
	})
	_ = On(accounts, "newid", func(c *Context, _ *account, n int) ([]string, error) {
		var ids []string
		for range n {
			ids = append(ids, c.NewID())
		}
		return ids, nil
	})
)

// mustCall is the message of a call by name.
func mustCall(t testing.TB, id durable.ID, op string, in any) durable.Message {
	t.Helper()
	if in == nil {
		return callMessage(id, op, nil)
	}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	return callMessage(id, op, b)
}

func mustSignal(t testing.TB, id durable.ID, op string, in any) durable.Message {
	t.Helper()
	m := mustCall(t, id, op, in)
	return signalMessage(id, op, m.Body)
}

// wantInt checks that an answer is a success with this number.
func wantInt(t testing.TB, a durable.Answer, want int) {
	t.Helper()
	var got int
	if a.Fail != nil {
		t.Fatalf("failed: %v, want %d", a.Fail, want)
	}
	if err := json.Unmarshal(a.Body, &got); err != nil || got != want {
		t.Fatalf("answer %s, want %d", a.Body, want)
	}
}

func wantCode(t testing.TB, a durable.Answer, code durable.Code) {
	t.Helper()
	if a.Fail == nil || a.Fail.Code != code {
		t.Fatalf("answer %s %v, want a failure of code %s", a.Body, a.Fail, code)
	}
}
