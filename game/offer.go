package game

import (
	"fmt"
	"slices"
)

// Offer is the last that a seat has offered of a kind.
type Offer struct {
	Open bool   `json:"open,omitempty"`
	Seq  uint64 `json:"seq,omitempty"` // its event; 0 if there was none since the start or the last takeback
}

// maxTakebacks is how many takebacks a game has. What was undone stays in the
// record, and a bot says yes for ever.
const maxTakebacks = 100

// offers of a kind, by seat; nil for what is none of the two that need an answer.
func (t *Table) offers(what string) *[]Offer {
	switch what {
	case OfferDraw:
		return &t.Draws
	case OfferTakeback:
		return &t.Takebacks
	}
	return nil
}

// Offered says whether a seat has a draw or a takeback on offer.
func (t *Table) Offered(seat int, what string) bool {
	list := t.offers(what)
	return list != nil && seat >= 0 && seat < len(*list) && (*list)[seat].Open
}

// mayOffer says whether a seat may offer a draw, or ask for a takeback. Such an
// offer is between two; what the other has declined may be offered again after
// a move, so that nobody is pestered.
func (t *Table) mayOffer(seat int, what string) *Refusal {
	info := t.rules.Info()
	switch {
	case what == OfferDraw && info.Coop:
		return &Refusal{CodeBadRequest, "You play together; there is no draw to agree on"}
	case what == OfferTakeback && !info.Takeback:
		return &Refusal{CodeBadRequest, "In " + info.Name + " no move can be taken back"}
	case len(t.Seats) != 2:
		return &Refusal{CodeBadRequest, "Only two players can agree on this"}
	case what == OfferTakeback && t.Undid >= maxTakebacks:
		return &Refusal{CodeForbidden, fmt.Sprintf("A game has at most %d takebacks, and this one has had them", maxTakebacks)}
	case what == OfferTakeback && t.lastMove(seat) < 0:
		return &Refusal{CodeTooEarly, "You have made no move that could be taken back"}
	}
	if last := (*t.offers(what))[seat]; last.Seq > 0 && !t.movedSince(seat, last.Seq) {
		return &Refusal{CodeTooEarly, "Your opponent has declined; make a move before you ask again"}
	}
	return nil
}

// mayAnswer says whether a seat has something to answer. An offer lapses: see
// lapseOffers.
func (t *Table) mayAnswer(seat int, what string) *Refusal {
	if len(t.Seats) == 2 && t.Offered(1-seat, what) {
		return nil
	}
	if what == OfferDraw {
		return &Refusal{CodeStale, "There is no offer of a draw, or it is over"}
	}
	return &Refusal{CodeStale, "Nobody asks for a takeback, or no longer"}
}

// offer notes an offer, closed where it has its answer.
func (t *Table) offer(seat int, what string, o Offer) {
	list := t.offers(what)
	if list == nil || seat < 0 || seat >= len(*list) {
		return
	}
	*list = slices.Clone(*list) // tables are copied, and copies read while this one goes on
	(*list)[seat] = o
}

// answered closes the offers of a kind.
func (t *Table) answered(what string) {
	if list := t.offers(what); list != nil {
		for seat, o := range *list {
			t.offer(seat, what, Offer{Seq: o.Seq})
		}
	}
}

// lapseOffers closes what a seat's move says no to: the other's offer of a draw
// (one's own may be thought about for longer), and any takeback.
func (t *Table) lapseOffers(mover int) {
	for seat, o := range t.Draws {
		if o.Open && seat != mover {
			t.offer(seat, OfferDraw, Offer{Seq: o.Seq})
		}
	}
	for seat, o := range t.Takebacks {
		if o.Open {
			t.offer(seat, OfferTakeback, Offer{Seq: o.Seq})
		}
	}
}

// clearOffers forgets them all: a game begins, or an earlier position is back.
func (t *Table) clearOffers() {
	t.Draws, t.Takebacks = make([]Offer, len(t.Seats)), make([]Offer, len(t.Seats))
}
