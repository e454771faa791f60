package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// Cart is a shop that sells no more than it has, and charges for what it sells
// and for nothing else, however often it is killed.
//
// What there is lies in entities: the stock of each product, each cart, the
// payment of each order, and the till. What happens is an orchestration, a saga:
// reserve everything, pay, confirm; and if something goes wrong, undo what was
// done. Always: available + reserved + sold = stocked. Once nothing is under way:
// money charged, less money refunded, is the money of the orders confirmed.
//
// To terminate an order is to skip the rest of the saga, as to terminate always
// is: its hold expires, but nobody gives the money back. To cancel it is to have
// it undone.
type Cart struct {
	orchestrations *orchestrator.Client
	entities       atomic.Pointer[entities.Client] // activities may run before Open
	pay            *orchestrator.Activity[payment, orchestrator.None]
	checkout       *orchestrator.Orchestration[checkoutInput, Order]
	rush           *orchestrator.Orchestration[rushInput, rushResult]
}

// NewCart makes the shop.
func NewCart() *Cart {
	d := &Cart{}
	d.pay = orchestrator.DefineActivity("pay", d.doPay, orchestrator.WithTimeout(2*time.Second),
		orchestrator.WithRetry(orchestrator.Retry{Attempts: 4, First: 200 * time.Millisecond, Backoff: 2}))
	d.checkout = orchestrator.Define("checkout", d.doCheckout, orchestrator.Retain(orchestrator.Forever))
	d.rush = orchestrator.Define("rush", d.doRush)
	return d
}

// Orchestrations are the definitions.
func (d *Cart) Orchestrations() []orchestrator.Definition {
	return []orchestrator.Definition{d.pay, d.checkout, d.rush}
}

// Entities are the entities' definitions.
func (d *Cart) Entities() []entities.Definition {
	return []entities.Definition{stock, cart, paid, till}
}

// Open opens the shop.
func (d *Cart) Open(c *orchestrator.Client, e *entities.Client) {
	d.orchestrations = c
	d.entities.Store(e)
}

// product is one thing in the shop; prices are in cents.
type product struct {
	SKU   string `json:"sku"`
	Name  string `json:"name"`
	Price int64  `json:"price"`
	first int    // stocked at first
}

var products = []product{
	{"board", "Game board", 2900, 20},
	{"pieces", "Set of pieces", 1450, 40},
	{"clock", "Chess clock", 3900, 5},
	{"dice", "Pair of dice", 350, 60},
	{"crown", "The last crown", 9900, 1},
	{"ticket", "Ticket to the final", 4500, 0},
}

func productOf(sku string) (product, bool) {
	i := slices.IndexFunc(products, func(p product) bool { return p.SKU == sku })
	if i < 0 {
		return product{}, false
	}
	return products[i], true
}

// --- The stock of a product, an entity with its SKU as key.

// holdFor is how long a reservation stands that nobody confirms or releases.
const holdFor = 2 * time.Minute

type stockState struct {
	Stocked   int            `json:"stocked"`
	Available int            `json:"available"`
	Sold      int            `json:"sold"`
	Holds     map[string]int `json:"holds,omitempty"` // reserved, by order
}

// claim is so much of a product for an order.
type claim struct {
	Order string        `json:"order"`
	Qty   int           `json:"qty"`
	Hold  time.Duration `json:"hold,omitempty"` // for which it is reserved
}

func freshStock(sku string) stockState {
	p, _ := productOf(sku)
	return stockState{Stocked: p.first, Available: p.first}
}

func (s *stockState) reserved() (n int) {
	for _, qty := range s.Holds {
		n += qty
	}
	return n
}

var (
	stock       = entities.Define("stock", freshStock)
	stockExpire = entities.On(stock, "expire", releaseHold)
	// stockRelease lets go of what an order holds; an order that holds nothing is none the wiser.
	stockRelease = entities.On(stock, "release", releaseHold)
	// stockReserve takes from what is available. Asked again for the same order, it does nothing.
	stockReserve = entities.On(stock, "reserve", func(c *entities.Context, s *stockState, in claim) (orchestrator.None, error) {
		switch {
		case s.Holds[in.Order] > 0:
			return orchestrator.None{}, nil
		case in.Qty < 1 || in.Qty > s.Available:
			return orchestrator.None{}, orchestrator.Fail(orchestrator.CodeConflict, fmt.Sprintf("There are only %d of %s", s.Available, c.Key()))
		}
		if s.Holds == nil {
			s.Holds = map[string]int{}
		}
		s.Holds[in.Order] = in.Qty
		s.Available -= in.Qty
		return orchestrator.None{}, stockExpire.Signal(c, c.Key(), in.Order, entities.After(in.Hold))
	})
	// stockConfirm sells what an order holds. One whose hold has expired gets it all the same, if it is still there: it has been paid for.
	stockConfirm = entities.On(stock, "confirm", func(c *entities.Context, s *stockState, in claim) (orchestrator.None, error) {
		switch held := s.Holds[in.Order]; {
		case held > 0:
			delete(s.Holds, in.Order)
		case in.Qty > s.Available:
			return orchestrator.None{}, orchestrator.Fail(orchestrator.CodeConflict, fmt.Sprintf("The hold on %s had expired, and it is sold out", c.Key()))
		default:
			s.Available -= in.Qty
		}
		s.Sold += in.Qty
		return orchestrator.None{}, nil
	})
	// stockReturn takes back what was sold.
	stockReturn = entities.On(stock, "return", func(_ *entities.Context, s *stockState, in claim) (orchestrator.None, error) {
		s.Sold -= in.Qty
		s.Available += in.Qty
		return orchestrator.None{}, nil
	})
	stockRestock = entities.On(stock, "restock", func(_ *entities.Context, s *stockState, qty int) (orchestrator.None, error) {
		if qty < 1 || s.Stocked+qty > maxStock {
			return orchestrator.None{}, orchestrator.Fail(orchestrator.CodeBadRequest, fmt.Sprintf("The field \"qty\" must be from 1 to %d, and there may be %d in all", maxRestock, maxStock))
		}
		s.Stocked += qty
		s.Available += qty
		return orchestrator.None{}, nil
	})
)

func releaseHold(_ *entities.Context, s *stockState, order string) (orchestrator.None, error) {
	s.Available += s.Holds[order]
	delete(s.Holds, order)
	return orchestrator.None{}, nil
}

// Limits of the shop.
const (
	maxQty     = 99      // of one product in a cart
	maxRestock = 1000    // at once
	maxStock   = 1 << 30 // ever
	maxRush    = 1000    // customers
)

// --- A cart, an entity with an id that its browser has made up.

type cartState struct {
	Items map[string]int `json:"items,omitempty"` // by SKU
	Order string         `json:"order,omitempty"` // that is being made of it
}

// line is one product of an order.
type line struct {
	SKU string `json:"sku"`
	Qty int    `json:"qty"`
}

type orderEnd struct {
	Order  string `json:"order"`
	Bought bool   `json:"bought"`
}

var (
	cart    = entities.Define("cart", func(string) cartState { return cartState{} })
	cartPut = entities.On(cart, "put", func(_ *entities.Context, s *cartState, in line) (cartState, error) {
		if s.Order != "" {
			return *s, orchestrator.Fail(orchestrator.CodeConflict, "This cart is being ordered")
		}
		if s.Items == nil {
			s.Items = map[string]int{}
		}
		if s.Items[in.SKU] = in.Qty; in.Qty == 0 {
			delete(s.Items, in.SKU)
		}
		return *s, nil
	})
	// cartBegin gives an order what is in the cart, and closes it for changes.
	cartBegin = entities.On(cart, "begin", func(_ *entities.Context, s *cartState, order string) ([]line, error) {
		switch {
		case s.Order != "" && s.Order != order:
			return nil, orchestrator.Fail(orchestrator.CodeConflict, "This cart is being ordered already")
		case len(s.Items) == 0:
			return nil, orchestrator.Fail(orchestrator.CodeConflict, "The cart is empty")
		}
		s.Order = order
		return s.lines(), nil
	})
	// cartEnd opens it again: empty, if the order was confirmed.
	cartEnd = entities.On(cart, "end", func(c *entities.Context, s *cartState, in orderEnd) (orchestrator.None, error) {
		if s.Order != in.Order {
			return orchestrator.None{}, nil
		}
		if s.Order = ""; in.Bought {
			c.Delete()
		}
		return orchestrator.None{}, nil
	})
)

func (s *cartState) lines() []line {
	lines := []line{}
	for _, sku := range slices.Sorted(maps.Keys(s.Items)) {
		lines = append(lines, line{sku, s.Items[sku]})
	}
	return lines
}

// --- Payments. The bank has an account of each order: that is what makes a
// payment that is tried again one payment.

type paidState struct {
	Charged int64 `json:"charged"`
	Void    bool  `json:"void"`
}

type tillState struct {
	Payments  int   `json:"payments"`
	Charged   int64 `json:"charged"`
	Refunded  int64 `json:"refunded"`
	Orders    int   `json:"orders"`
	Confirmed int64 `json:"confirmed"`
}

var (
	till        = entities.Define("till", func(string) tillState { return tillState{} })
	tillCharged = entities.On(till, "charged", func(_ *entities.Context, s *tillState, cents int64) (orchestrator.None, error) {
		s.Payments++
		s.Charged += cents
		return orchestrator.None{}, nil
	})
	tillRefunded = entities.On(till, "refunded", func(_ *entities.Context, s *tillState, cents int64) (orchestrator.None, error) {
		s.Payments--
		s.Refunded += cents
		return orchestrator.None{}, nil
	})
	tillConfirmed = entities.On(till, "confirmed", func(_ *entities.Context, s *tillState, cents int64) (orchestrator.None, error) {
		s.Orders++
		s.Confirmed += cents
		return orchestrator.None{}, nil
	})

	paid       = entities.Define("payment", func(string) paidState { return paidState{} })
	paidCharge = entities.On(paid, "charge", func(c *entities.Context, s *paidState, cents int64) (orchestrator.None, error) {
		switch {
		case s.Void:
			return orchestrator.None{}, orchestrator.Fail(orchestrator.CodeConflict, "The order was given up")
		case s.Charged > 0:
			return orchestrator.None{}, nil // an attempt before this one got through
		}
		s.Charged = cents
		return orchestrator.None{}, tillCharged.Signal(c, theTill, cents)
	})
	// paidVoid gives the money back, and lets none come any more.
	paidVoid = entities.On(paid, "void", func(c *entities.Context, s *paidState, _ orchestrator.None) (orchestrator.None, error) {
		if s.Void || s.Charged == 0 {
			s.Void = true
			return orchestrator.None{}, nil
		}
		s.Void = true
		return orchestrator.None{}, tillRefunded.Signal(c, theTill, s.Charged)
	})
)

// theTill is the key of the one till.
const theTill = "shop"

// Ways in which a payment goes, as the page has switches for them.
const (
	payWorks    = "works"
	payDeclined = "declined"
	payFlaky    = "flaky" // the bank cannot be reached, twice
	payLost     = "lost"  // it charges, and its answer is lost
	payHangs    = "hangs" // it never answers the first time
)

type payment struct {
	Order string `json:"order"`
	Cents int64  `json:"cents"`
	Mode  string `json:"mode"`
}

// doPay asks the bank for the money. It may be done several times for one order.
func (d *Cart) doPay(ctx context.Context, in payment) (orchestrator.None, error) {
	bank, attempt := d.entities.Load(), orchestrator.InfoOf(ctx).Attempt
	switch {
	case bank == nil:
		return orchestrator.None{}, errors.New("the bank is closed")
	case in.Mode == payDeclined:
		return orchestrator.None{}, orchestrator.Permanent(errors.New("the card was declined"))
	case in.Mode == payFlaky && attempt < 3:
		return orchestrator.None{}, errors.New("the bank cannot be reached")
	case in.Mode == payHangs && attempt < 2:
		<-ctx.Done()
		return orchestrator.None{}, ctx.Err()
	}
	if _, err := paidCharge.Do(ctx, bank, in.Order, in.Cents); err != nil {
		return orchestrator.None{}, err
	}
	if in.Mode == payLost && attempt < 2 {
		return orchestrator.None{}, errors.New("the bank's answer was lost")
	}
	return orchestrator.None{}, nil
}

// --- The checkout: the saga. Its instance id is the order's.

type checkoutInput struct {
	Cart    string `json:"cart"`
	Payment string `json:"payment"`
}

// orderFailed is the state of an order of which the shop made nothing.
const orderFailed = "failed"

// Order is how an order stands.
type Order struct {
	ID    string `json:"id"`
	State string `json:"state"` // reserving, paying, confirming, undoing; confirmed, refused, failed
	Lines []line `json:"lines"`
	Total int64  `json:"total"` // cents
	Why   string `json:"why,omitempty"`
}

func (d *Cart) doCheckout(c *orchestrator.Context, in checkoutInput) (Order, error) {
	o := Order{ID: c.InstanceID(), Lines: []line{}}
	enter := func(state string) {
		o.State = state
		c.SetStatus(o)
	}
	lines, err := cartBegin.Call(c, in.Cart, o.ID)
	if err != nil {
		o.State, o.Why = "refused", messageOf(err)
		return o, nil
	}
	o.Lines = lines
	for _, l := range lines {
		p, _ := productOf(l.SKU)
		o.Total += p.Price * int64(l.Qty)
	}

	// Whatever goes wrong: what was done is undone, the last first; also when the order was asked to end, out of reach of that.
	var undo []func() error
	undoAll := func(why error) (Order, error) {
		o.Why = messageOf(why)
		enter("undoing")
		for _, step := range slices.Backward(undo) {
			if err := step(); err != nil {
				return o, err // entities do not refuse these; the engine may, and then the instance fails, to be rewound
			}
		}
		o.State = "refused"
		_, err := cartEnd.Call(c, in.Cart, orderEnd{Order: o.ID})
		return o, err
	}
	giveUp := func(why error) (out Order, err error) {
		orchestrator.Shielded(c, func() { out, err = undoAll(why) })
		return out, err
	}

	enter("reserving")
	for _, l := range lines {
		if _, err := stockReserve.Call(c, l.SKU, claim{o.ID, l.Qty, holdFor}); err != nil {
			return giveUp(err)
		}
		undo = append(undo, func() error {
			_, err := stockRelease.Call(c, l.SKU, o.ID)
			return err
		})
	}

	enter("paying")
	undo = append(undo, func() error { // also when it seems to have failed: an attempt may have got through, or yet get through
		_, err := paidVoid.Call(c, o.ID, orchestrator.None{})
		return err
	})
	if _, err := d.pay.Call(c, payment{o.ID, o.Total, in.Payment}); err != nil {
		return giveUp(err)
	}

	enter("confirming")
	for _, l := range lines {
		if _, err := stockConfirm.Call(c, l.SKU, claim{Order: o.ID, Qty: l.Qty}); err != nil {
			return giveUp(err)
		}
		undo = append(undo, func() error {
			_, err := stockReturn.Call(c, l.SKU, claim{Order: o.ID, Qty: l.Qty})
			return err
		})
	}
	o.State = "confirmed"
	orchestrator.Shielded(c, func() { // from here on there is no way back
		if err = tillConfirmed.Signal(c, theTill, o.Total); err == nil {
			_, err = cartEnd.Call(c, in.Cart, orderEnd{Order: o.ID, Bought: true})
		}
	})
	return o, err
}

func messageOf(err error) string { return orchestrator.ToFailure(err).Message }

// --- The rush: a thousand carts after a hundred tickets.

type rushInput struct {
	Customers int `json:"customers"`
	Tickets   int `json:"tickets"` // put on sale first
}

type rushResult struct {
	Customers int `json:"customers"`
	Tickets   int `json:"tickets"`
	Begun     int `json:"begun"`
	Confirmed int `json:"confirmed"`
	Refused   int `json:"refused"`
}

// rushID is the one rush that may run.
const rushID = "the-rush"

func (d *Cart) doRush(c *orchestrator.Context, in rushInput) (rushResult, error) {
	r := rushResult{Customers: in.Customers, Tickets: in.Tickets}
	if _, err := stockRestock.Call(c, "ticket", in.Tickets); err != nil {
		return r, err
	}
	carts := make([]string, in.Customers)
	for i := range carts {
		carts[i] = fmt.Sprintf("%s-%d-%d", c.NewID(), c.Now().UnixMilli(), i)
	}
	const atOnce = 200
	if _, err := orchestrator.Each(c, carts, atOnce, func(key string) *entities.Future[cartState] {
		return cartPut.Go(c, key, line{"ticket", 1})
	}); err != nil {
		return r, err
	}
	orders, err := orchestrator.Each(c, carts, atOnce, func(key string) *orchestrator.Future[Order] {
		if r.Begun++; r.Begun%50 == 0 {
			c.SetStatus(r)
		}
		return d.checkout.Go(c, checkoutInput{Cart: key, Payment: payWorks}, orchestrator.RetainFor(time.Hour))
	})
	for _, o := range orders {
		if o.State == "confirmed" {
			r.Confirmed++
		} else {
			r.Refused++
		}
	}
	return r, err
}

// --- The routes. There are no sessions: who knows the id of a cart or an order
// may use it.

// Pages are the demo's.
func (d *Cart) Pages() map[string]string { return map[string]string{"/demo/cart": "demo/cart.html"} }

// Mount adds the routes.
func (d *Cart) Mount(e *echo.Echo) {
	api.MountBounded(e, "/api/shop/products", api.Methods{http.MethodGet: d.listProducts})
	api.MountBounded(e, "/api/shop/products/:sku/restock", api.Methods{http.MethodPost: d.restock})
	api.MountBounded(e, "/api/shop/till", api.Methods{http.MethodGet: d.showTill})
	api.MountBounded(e, "/api/shop/rush", api.Methods{http.MethodGet: d.showRush, http.MethodPost: d.startRush})
	api.MountBounded(e, "/api/carts/:id", api.Methods{http.MethodGet: d.showCart})
	api.MountBounded(e, "/api/carts/:id/items/:sku", api.Methods{http.MethodPut: d.putItem, http.MethodDelete: d.dropItem})
	api.MountBounded(e, "/api/carts/:id/checkout", api.Methods{http.MethodPost: d.startCheckout})
	api.MountBounded(e, "/api/orders/:id", api.Methods{http.MethodGet: d.showOrder})
}

// onSale is a product as it is shown.
type onSale struct {
	product
	Stocked   int `json:"stocked"`
	Available int `json:"available"`
	Reserved  int `json:"reserved"`
	Sold      int `json:"sold"`
}

func (d *Cart) shelf(p product) (onSale, error) {
	s, _, exists, err := stock.Read(d.entities.Load(), p.SKU)
	if !exists {
		s = freshStock(p.SKU)
	}
	return onSale{p, s.Stocked, s.Available, s.reserved(), s.Sold}, err
}

func (d *Cart) listProducts(c echo.Context) error {
	list := make([]onSale, len(products))
	for i, p := range products {
		var err error
		if list[i], err = d.shelf(p); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, list)
}

// skuOf is the product of the address.
func skuOf(c echo.Context) (product, error) {
	p, ok := productOf(c.Param("sku"))
	if !ok {
		return p, api.Refuse(wire.CodeNotFound, "The shop has no %s", api.Quote(c.Param("sku")))
	}
	return p, nil
}

// readQty reads a body with nothing but a quantity.
func readQty(c echo.Context, low, high int64) (int, error) {
	in, err := api.ReadBody(c, api.Needed)
	if err != nil {
		return 0, err
	}
	n := low - 1 // where it is absent
	in.Into("qty", &n, "a whole number")
	if err := in.Done(); err != nil {
		return 0, err
	}
	if n < low || n > high {
		return 0, api.Refuse(wire.CodeBadRequest, "The field \"qty\" must be a whole number from %d to %d", low, high)
	}
	return int(n), nil
}

func (d *Cart) restock(c echo.Context) error {
	p, err := skuOf(c)
	if err != nil {
		return err
	}
	qty, err := readQty(c, 1, maxRestock)
	if err != nil {
		return err
	}
	if _, err := stockRestock.Do(c.Request().Context(), d.entities.Load(), p.SKU, qty); err != nil {
		return told(err)
	}
	shown, err := d.shelf(p)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, shown)
}

func (d *Cart) showTill(c echo.Context) error {
	s, _, _, err := till.Read(d.entities.Load(), theTill)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, s)
}

// idOf is the id of the address; one that is not well formed leads nowhere.
func idOf(c echo.Context) (string, error) {
	if id := c.Param("id"); wellFormed.MatchString(id) {
		return id, nil
	}
	return "", api.Refuse(wire.CodeNotFound, "There is nothing of that id: ids have 16 to 64 letters, digits and dashes")
}

// shownCart is a cart as it is shown.
type shownCart struct {
	ID    string `json:"id"`
	Items []line `json:"items"`
	Total int64  `json:"total"`
	Order string `json:"order,omitempty"` // that is being made of it
}

func shown(id string, s cartState) shownCart {
	out := shownCart{ID: id, Items: s.lines(), Order: s.Order}
	for _, l := range out.Items {
		p, _ := productOf(l.SKU)
		out.Total += p.Price * int64(l.Qty)
	}
	return out
}

func (d *Cart) showCart(c echo.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	s, err := d.cartOf(c.Request().Context(), id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, shown(id, s))
}

// cartOf reads a cart. If the order that is being made of it has ended without opening it again (somebody has terminated it in
// the inspector), this does.
func (d *Cart) cartOf(ctx context.Context, id string) (cartState, error) {
	s, _, _, err := cart.Read(d.entities.Load(), id)
	if err != nil || s.Order == "" {
		return s, err
	}
	o, err := d.order(s.Order)
	if f := orchestrator.ToFailure(err); f != nil && f.Code != orchestrator.CodeNotFound || f == nil && o.State != orderFailed {
		return s, err
	}
	_, err = cartEnd.Do(ctx, d.entities.Load(), id, orderEnd{Order: s.Order})
	s.Order = ""
	return s, err
}

func (d *Cart) putItem(c echo.Context) error {
	qty, err := readQty(c, 0, maxQty)
	if err != nil {
		return err
	}
	return d.setItem(c, qty)
}

func (d *Cart) dropItem(c echo.Context) error { return d.setItem(c, 0) }

func (d *Cart) setItem(c echo.Context, qty int) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	p, err := skuOf(c)
	if err != nil {
		return err
	}
	if _, err := d.cartOf(c.Request().Context(), id); err != nil {
		return err
	}
	s, err := cartPut.Do(c.Request().Context(), d.entities.Load(), id, line{p.SKU, qty})
	if err != nil {
		return told(err)
	}
	return c.JSON(http.StatusOK, shown(id, s))
}

func (d *Cart) startCheckout(c echo.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	in, err := api.ReadBody(c, api.Optional)
	if err != nil {
		return err
	}
	mode, given := in.Text("payment")
	if err := in.Done(); err != nil {
		return err
	}
	modes := []string{payWorks, payDeclined, payFlaky, payLost, payHangs}
	switch {
	case !given:
		mode = payWorks
	case !slices.Contains(modes, mode):
		return api.Refuse(wire.CodeBadRequest, "The field \"payment\" must be one of %v", modes)
	}
	key := c.Request().Header.Get("Idempotency-Key")
	if len(key) > 128 {
		return api.Refuse(wire.CodeBadRequest, "The Idempotency-Key has more than 128 characters")
	}
	var options []orchestrator.StartOption
	if key != "" { // the id is made of both, and an order that has been is the answer, too
		options = append(options, orchestrator.WithRequestID("cart/"+id, key), orchestrator.Reuse(orchestrator.UseExisting))
	}
	if _, err := d.cartOf(c.Request().Context(), id); err != nil {
		return err
	}
	order, err := d.checkout.Begin(c.Request().Context(), d.orchestrations, checkoutInput{Cart: id, Payment: mode}, options...)
	if err != nil {
		return told(err)
	}
	o, err := d.order(order) // a repetition may find it further on
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, "/api/orders/"+order)
	c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	return c.JSON(http.StatusAccepted, o)
}

// showOrder tells how an order stands; with Prefer: wait=N, once it is decided.
func (d *Cart) showOrder(c echo.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	if wait, given := api.PreferredWait(c.Request().Header); given {
		ctx, cancel := api.UntilStop(c.Request().Context())
		defer cancel()
		ctx, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
		_, _ = d.orchestrations.Wait(ctx, id) // whatever comes of it is read below
		c.Response().Header().Set("Preference-Applied", fmt.Sprintf("wait=%d", int(wait.Seconds())))
	}
	o, err := d.order(id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, o)
}

func (d *Cart) order(id string) (Order, error) {
	s, err := d.orchestrations.Status(id)
	if err == nil && s.Name != d.checkout.Name() {
		err = orchestrator.Fail(orchestrator.CodeNotFound, "no order")
	}
	if err != nil {
		return Order{}, err
	}
	o := Order{ID: id, State: "reserving", Lines: []line{}}
	body := s.Custom
	if s.State == orchestrator.Completed {
		body = s.Output
	}
	if len(body) > 0 {
		err = json.Unmarshal(body, &o)
	}
	if s.State == orchestrator.Failed || s.State == orchestrator.Terminated {
		o.State, o.Why = orderFailed, "The shop is at fault; look at this order in the inspector"
	}
	return o, err
}

func (d *Cart) startRush(c echo.Context) error {
	in, err := api.ReadBody(c, api.Optional)
	if err != nil {
		return err
	}
	asked := rushInput{Customers: maxRush, Tickets: maxRush / 10}
	in.Into("customers", &asked.Customers, "a whole number")
	in.Into("tickets", &asked.Tickets, "a whole number")
	if err := in.Done(); err != nil {
		return err
	}
	if asked.Customers < 1 || asked.Customers > maxRush || asked.Tickets < 1 || asked.Tickets > maxRestock {
		return api.Refuse(wire.CodeBadRequest, "There may be 1 to %d customers after 1 to %d tickets", maxRush, maxRestock)
	}
	if _, err := d.rush.Begin(c.Request().Context(), d.orchestrations, asked, orchestrator.WithID(rushID)); err != nil {
		return told(err)
	}
	c.Response().Header().Set(echo.HeaderLocation, "/api/shop/rush")
	return c.JSON(http.StatusAccepted, rushResult{Customers: asked.Customers, Tickets: asked.Tickets})
}

// shownRush is the last rush; all zero if there was none.
type shownRush struct {
	rushResult
	Running bool `json:"running"`
}

func (d *Cart) showRush(c echo.Context) error {
	s, err := d.orchestrations.Status(rushID)
	if f := orchestrator.ToFailure(err); f != nil && f.Code == orchestrator.CodeNotFound {
		return c.JSON(http.StatusOK, shownRush{})
	}
	if err != nil {
		return err
	}
	r := shownRush{Running: !s.State.Final()}
	body := s.Custom
	if !r.Running {
		body = s.Output
	}
	if len(body) > 0 {
		err = json.Unmarshal(body, &r.rushResult)
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, r)
}
