package demo

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/everturn/everturn/entities"
)

// shop is what of the shop must be true.
type shop struct{ *house }

func openShop(t *testing.T) (*shop, *Cart) {
	d := NewCart()
	return &shop{openHouse(t, d)}, d
}

// underWay is for [shop.look] while orders are under way.
const underWay = -1

// look reads the shelf and the till, and checks the invariants. With a number of
// orders it first waits until the till has heard of all of them: it is told by
// signals, which arrive soon after an order is answered.
func (s *shop) look(orders int) (bySKU map[string]onSale, t tillState) {
	s.t.Helper()
	for late := time.Now().Add(10 * time.Second); ; {
		s.do(200, "GET", "/api/shop/till", "", &t)
		if orders == underWay || t.Orders == orders && t.Payments == orders && t.Charged-t.Refunded == t.Confirmed {
			break
		}
		if time.Now().After(late) {
			s.t.Errorf("the till after %d orders: %+v", orders, t)
			break
		}
	}
	var list []onSale
	s.do(200, "GET", "/api/shop/products", "", &list)
	bySKU = map[string]onSale{}
	for _, p := range list {
		bySKU[p.SKU] = p
		if p.Available+p.Reserved+p.Sold != p.Stocked || p.Available < 0 || p.Reserved < 0 || p.Sold < 0 || orders != underWay && p.Reserved != 0 {
			s.t.Errorf("%s: %d available, %d reserved, %d sold of %d", p.SKU, p.Available, p.Reserved, p.Sold, p.Stocked)
		}
	}
	return bySKU, t
}

// buy orders what is in a cart, and waits for the end.
func (s *shop) buy(cart, body string, header ...string) (o Order) {
	if s.do(202, "POST", "/api/carts/"+cart+"/checkout", body, &o, header...) {
		s.do(200, "GET", "/api/orders/"+o.ID, "", &o, "Prefer", "wait=20")
	}
	return o
}

func (s *shop) put(cart, sku string, qty int) bool {
	return s.do(200, "PUT", "/api/carts/"+cart+"/items/"+sku, fmt.Sprintf(`{"qty":%d}`, qty), nil)
}

const ann, bob = "ann-cart-0123456789", "bob-cart-0123456789"

func TestBuying(t *testing.T) {
	s, _ := openShop(t)
	s.put(ann, "board", 2)
	s.put(ann, "dice", 3)
	s.put(ann, "clock", 1)
	s.do(200, "DELETE", "/api/carts/"+ann+"/items/clock", "", nil)
	var c shownCart
	if s.do(200, "GET", "/api/carts/"+ann, "", &c); c.Total != 2*2900+3*350 || len(c.Items) != 2 {
		t.Errorf("the cart is %+v", c)
	}
	o := s.buy(ann, "", "Idempotency-Key", "k1")
	if o.State != "confirmed" || o.Total != c.Total || len(o.Lines) != 2 {
		t.Errorf("the order is %+v", o)
	}
	if again := s.buy(ann, "", "Idempotency-Key", "k1"); again.ID != o.ID {
		t.Errorf("the same key made order %s and %s", o.ID, again.ID)
	}
	shelf, till := s.look(1)
	if shelf["board"].Sold != 2 || shelf["dice"].Sold != 3 || shelf["clock"].Sold != 0 || till.Orders != 1 || till.Confirmed != c.Total {
		t.Errorf("afterwards: %+v %+v", shelf, till)
	}
	if s.do(200, "GET", "/api/carts/"+ann, "", &c); len(c.Items) != 0 || c.Order != "" {
		t.Errorf("the cart is still %+v", c)
	}
	if o := s.buy(ann, ""); o.State != "refused" || o.Why != "The cart is empty" {
		t.Errorf("an empty cart: %+v", o)
	}
}

// Whatever the bank does, money and goods go together.
func TestPayments(t *testing.T) {
	for mode, want := range map[string]struct {
		state string
		why   string
	}{
		payWorks: {"confirmed", ""}, payFlaky: {"confirmed", ""}, payLost: {"confirmed", ""}, payHangs: {"confirmed", ""},
		payDeclined: {"refused", "declined"},
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s, _ := openShop(t)
			s.put(ann, "pieces", 4)
			s.put(ann, "clock", 1)
			o := s.buy(ann, `{"payment":"`+mode+`"}`)
			if o.State != want.state || !strings.Contains(o.Why, want.why) {
				t.Errorf("the order is %+v", o)
			}
			sold := 0
			if want.state == "confirmed" {
				sold = 1
			}
			shelf, till := s.look(sold)
			if shelf["clock"].Sold != sold || till.Orders != sold || till.Payments != sold {
				t.Errorf("afterwards: %+v %+v", shelf, till)
			}
			var c shownCart
			if s.do(200, "GET", "/api/carts/"+ann, "", &c); (len(c.Items) == 0) != (sold == 1) || c.Order != "" {
				t.Errorf("the cart is %+v", c)
			}
		})
	}
}

// Two want the last one, again and again; one gets it.
func TestTheLastOne(t *testing.T) {
	s, _ := openShop(t)
	for round := range 20 {
		if round > 0 {
			s.do(200, "POST", "/api/shop/products/crown/restock", `{"qty":1}`, nil)
		}
		var both sync.WaitGroup
		states := [2]string{}
		for i, c := range []string{ann, bob} {
			both.Go(func() {
				s.put(c, "crown", 1)
				states[i] = s.buy(c, "").State
			})
		}
		both.Wait()
		if states != [2]string{"confirmed", "refused"} && states != [2]string{"refused", "confirmed"} {
			t.Fatalf("round %d: %v", round, states)
		}
	}
	if shelf, _ := s.look(20); shelf["crown"].Sold != 20 {
		t.Errorf("sold %d crowns", shelf["crown"].Sold)
	}
}

// A thousand carts after a hundred tickets.
func TestRush(t *testing.T) {
	s, d := openShop(t)
	s.do(202, "POST", "/api/shop/rush", "", nil)
	s.do(409, "POST", "/api/shop/rush", "", nil)
	r, err := d.rush.Result(t.Context(), d.orchestrations, rushID)
	if err != nil || r.Confirmed != 100 || r.Refused != 900 {
		t.Errorf("the rush: %+v %v", r, err)
	}
	shelf, till := s.look(100)
	if shelf["ticket"].Sold != 100 || shelf["ticket"].Available != 0 || till.Orders != 100 {
		t.Errorf("afterwards: %+v %+v", shelf["ticket"], till)
	}
	var shown shownRush
	if s.do(200, "GET", "/api/shop/rush", "", &shown); shown.Running || shown.Confirmed != 100 {
		t.Errorf("it is shown as %+v", shown)
	}
}

// A hold that nobody confirms expires; who has paid gets the goods all the same
// as long as there are any.
func TestExpiry(t *testing.T) {
	s, d := openShop(t)
	ctx, client := t.Context(), d.entities.Load()
	do := func(op *entities.Op[stockState, claim, struct{}], order string) error {
		_, err := op.Do(ctx, client, "crown", claim{order, 1, holdFor})
		return err
	}
	must(t, do(stockReserve, "one"))
	must(t, do(stockReserve, "one")) // again: nothing
	if do(stockReserve, "two") == nil {
		t.Error("reserved twice")
	}
	_, err := stockExpire.Do(ctx, client, "crown", "one")
	must(t, err)
	must(t, do(stockReserve, "two"))
	if do(stockConfirm, "one") == nil {
		t.Error("what another one holds was sold to whose hold had expired")
	}
	_, err = stockRelease.Do(ctx, client, "crown", "two")
	must(t, err)
	must(t, do(stockConfirm, "one"))
	if shelf, _ := s.look(0); shelf["crown"].Sold != 1 || shelf["crown"].Available != 0 {
		t.Errorf("afterwards: %+v", shelf["crown"])
	}
	must(t, do(stockReturn, "one"))
	s.look(0)
}

// A hold lets go by itself.
func TestHoldsExpire(t *testing.T) {
	s, d := openShop(t)
	_, err := stockReserve.Do(t.Context(), d.entities.Load(), "crown", claim{"one", 1, 50 * time.Millisecond})
	must(t, err)
	for late := time.Now().Add(10 * time.Second); ; {
		if shelf, _ := s.look(underWay); shelf["crown"].Available == 1 {
			return
		}
		if time.Now().After(late) {
			t.Fatal("it holds for ever")
		}
	}
}

// An order that is asked to end undoes what it did, whatever that was.
func TestCancelledOrder(t *testing.T) {
	s, d := openShop(t)
	s.put(ann, "crown", 1)
	var o Order
	s.do(202, "POST", "/api/carts/"+ann+"/checkout", `{"payment":"lost"}`, &o)
	for till := (tillState{}); till.Charged == 0; { // the first attempt has charged; its answer is lost, and the second one waits
		s.do(200, "GET", "/api/shop/till", "", &till)
	}
	must(t, d.orchestrations.Cancel(t.Context(), o.ID, "changed my mind"))
	s.do(200, "GET", "/api/orders/"+o.ID, "", &o, "Prefer", "wait=20")
	if o.State != "refused" {
		t.Skipf("SKIPPED: it was confirmed before it heard: %+v", o)
	}
	if shelf, till := s.look(0); shelf["crown"].Available != 1 || till.Refunded != 9900 {
		t.Errorf("afterwards: %+v %+v", shelf["crown"], till)
	}
	var c shownCart
	if s.do(200, "GET", "/api/carts/"+ann, "", &c); c.Order != "" || len(c.Items) != 1 {
		t.Errorf("the cart is %+v", c)
	}
}

// An order that somebody terminates, which undoes nothing, does not keep its cart.
func TestTerminatedOrder(t *testing.T) {
	s, d := openShop(t)
	for name, then := range map[string]func(order string){
		"another look":     func(string) { s.do(200, "GET", "/api/carts/"+ann, "", nil) },
		"another thing":    func(string) { s.put(ann, "dice", 2) },
		"another checkout": func(string) { s.buy(ann, "") },
		"none left of it":  func(order string) { must(t, d.orchestrations.Purge(t.Context(), order)); s.put(ann, "dice", 3) },
	} {
		s.put(ann, "dice", 1)
		var o Order
		s.do(202, "POST", "/api/carts/"+ann+"/checkout", `{"payment":"hangs"}`, &o)
		for o.State != "paying" {
			s.do(200, "GET", "/api/orders/"+o.ID, "", &o)
		}
		s.do(409, "PUT", "/api/carts/"+ann+"/items/dice", `{"qty":2}`, nil)
		must(t, d.orchestrations.Terminate(t.Context(), o.ID, "enough"))
		then(o.ID)
		var c shownCart
		if s.do(200, "GET", "/api/carts/"+ann, "", &c); c.Order != "" {
			t.Errorf("%s: the cart is %+v", name, c)
		}
	}
}

// A checkout that is repeated is answered with the order as it stands; one that differs is none.
func TestRepeatedCheckout(t *testing.T) {
	s, _ := openShop(t)
	s.put(ann, "dice", 1)
	first := s.buy(ann, `{}`, "Idempotency-Key", "k")
	var again Order
	s.do(202, "POST", "/api/carts/"+ann+"/checkout", `{}`, &again, "Idempotency-Key", "k")
	if again.ID != first.ID || again.State != "confirmed" || len(again.Lines) != 1 {
		t.Errorf("%+v, and again %+v", first, again)
	}
	s.do(409, "POST", "/api/carts/"+ann+"/checkout", `{"payment":"declined"}`, nil, "Idempotency-Key", "k")
}

func TestShopRefusals(t *testing.T) {
	s, _ := openShop(t)
	for _, c := range []struct {
		status             int
		method, path, body string
	}{
		{404, "GET", "/api/carts/short", ""},
		{404, "GET", "/api/orders/0123456789abcdef", ""},
		{404, "PUT", "/api/carts/" + ann + "/items/unicorn", `{"qty":1}`},
		{400, "PUT", "/api/carts/" + ann + "/items/dice", `{"qty":100}`},
		{400, "PUT", "/api/carts/" + ann + "/items/dice", `{"qty":-1}`},
		{400, "PUT", "/api/carts/" + ann + "/items/dice", `{}`},
		{400, "PUT", "/api/carts/" + ann + "/items/dice", `{"qty":null}`},
		{400, "PUT", "/api/carts/" + ann + "/items/dice", `{"qty":1,"price":0}`},
		{400, "POST", "/api/carts/" + ann + "/checkout", `{"payment":"free"}`},
		{400, "POST", "/api/shop/products/dice/restock", `{"qty":0}`},
		{400, "POST", "/api/shop/rush", `{"customers":1001}`},
		{404, "POST", "/api/shop/products/unicorn/restock", `{"qty":1}`},
		{405, "POST", "/api/shop/products", `{}`},
		{200, "GET", "/api/shop/rush", ""},
	} {
		s.do(c.status, c.method, c.path, c.body, nil)
	}
	s.do(400, "POST", "/api/carts/"+ann+"/checkout", "", nil, "Idempotency-Key", strings.Repeat("x", 129))
}
