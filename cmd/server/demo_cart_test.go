package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestOversell: a thousand customers check out at once, after a hundred tickets, while the server is killed ten times.
// Exactly a hundred are sold, every customer is answered once and for good, and money and goods go together.
func TestOversell(t *testing.T) {
	customers, tickets, kills := 1000, 100, 10
	if testing.Short() {
		customers, tickets, kills = 200, 20, 3
	}
	data := newData(t)
	args := []string{"--durability", "sync", "--rate-limit", "off", "--log-level", "warn"}
	server := startServer(t, data, append(args, "--addr", "127.0.0.1:0")...)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	s := &shopper{ctx: ctx, url: server.url, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: customers}}}
	defer s.client.CloseIdleConnections()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.ask("POST", "/api/shop/products/ticket/restock", fmt.Sprintf(`{"qty":%d}`, tickets), "", nil))

	type order struct{ ID, State, Why string }
	var (
		all    sync.WaitGroup
		mu     sync.Mutex
		orders = map[string]order{} // by customer
	)
	checkout := func(i int) (cart, body string) {
		return fmt.Sprintf("customer-%012d", i), `{"payment":"` + []string{"works", "works", "lost", "flaky"}[i%4] + `"}`
	}
	for i := range customers {
		all.Go(func() {
			cart, body := checkout(i)
			var o order
			err := s.ask("PUT", "/api/carts/"+cart+"/items/ticket", `{"qty":1}`, "", nil)
			if err == nil {
				err = s.ask("POST", "/api/carts/"+cart+"/checkout", body, "the only one", &o)
			}
			for id := o.ID; err == nil && o.State != "confirmed" && o.State != "refused" && o.State != "failed"; {
				err = s.ask("GET", "/api/orders/"+id, "", "", &o)
			}
			if err != nil {
				t.Errorf("customer %d: %v", i, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			orders[cart] = o
		})
	}
	over := make(chan struct{})
	go func() { all.Wait(); close(over) }()
	for killed := range kills { // spread by the answers that customers have had: all hit a shop that is full
		for answered := 0; answered < killed*customers/(kills+1); {
			select {
			case <-over:
				t.Fatalf("all customers were answered after %d kills", killed)
			case <-time.After(time.Millisecond): // looks again
			}
			mu.Lock()
			answered = len(orders)
			mu.Unlock()
		}
		server.kill()
		server = startServer(t, data, append(args, "--addr", s.url[len("http://"):])...)
	}
	<-over

	counts := map[string]int{}
	for i := range customers {
		cart, body := checkout(i)
		o, answered := orders[cart]
		if !answered {
			continue // of which it was told above
		}
		counts[o.State]++
		var again order // the same question gets the same answer
		must(s.ask("POST", "/api/carts/"+cart+"/checkout", body, "the only one", &again))
		if again.ID != o.ID {
			t.Errorf("%s: order %s, and asked again %s", cart, o.ID, again.ID)
		}
	}
	if counts["confirmed"] != tickets || counts["refused"] != customers-tickets {
		t.Errorf("of %d customers after %d tickets: %v", customers, tickets, counts)
	}
	var shelf []struct {
		SKU                                string
		Stocked, Available, Reserved, Sold int
	}
	must(s.ask("GET", "/api/shop/products", "", "", &shelf))
	for _, p := range shelf {
		if p.Available+p.Reserved+p.Sold != p.Stocked || p.SKU == "ticket" && (p.Sold != tickets || p.Available+p.Reserved != 0) {
			t.Errorf("on the shelf: %+v", p)
		}
	}
	var till struct {
		Payments, Orders             int
		Charged, Refunded, Confirmed int64
	}
	for late := time.Now().Add(10 * time.Second); till.Orders < tickets || till.Payments != tickets; { // it is told by signals, soon
		if must(s.ask("GET", "/api/shop/till", "", "", &till)); time.Now().After(late) {
			break
		}
	}
	if till.Orders != tickets || till.Payments != tickets || till.Charged-till.Refunded != till.Confirmed {
		t.Errorf("the till: %+v", till)
	}
	t.Logf("%d customers, %d kills: %v, the till %+v", customers, kills, counts, till)
}

// shopper asks the shop, again and again while it is away.
type shopper struct {
	ctx    context.Context
	url    string
	client *http.Client
}

func (s *shopper) ask(method, path, body, key string, into any) error {
	for {
		r, err := http.NewRequestWithContext(s.ctx, method, s.url+path, bytes.NewReader([]byte(body)))
		if err != nil {
			return err
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		if key != "" {
			r.Header.Set("Idempotency-Key", key)
		}
		if method == http.MethodGet {
			r.Header.Set("Prefer", "wait=5")
		}
		answer, err := s.client.Do(r)
		if err == nil {
			var text []byte
			text, err = io.ReadAll(answer.Body)
			answer.Body.Close()
			switch {
			case err != nil:
			case answer.StatusCode >= 500:
				err = errors.New(answer.Status)
			case answer.StatusCode >= 400:
				return fmt.Errorf("%s %s: %s %s", method, path, answer.Status, text)
			case into == nil:
				return nil
			default:
				return json.Unmarshal(text, into)
			}
		}
		select {
		case <-s.ctx.Done():
			return errors.Join(s.ctx.Err(), err)
		case <-time.After(20 * time.Millisecond): // the server is away
		}
	}
}
