package api

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/web/wire"
)

// Query is the part of an address behind the question mark, read as strictly as
// a body (see Object): a parameter that is misspelt must not be overlooked.
type Query struct {
	values url.Values
	err    error
}

// ReadQuery reads it; what is wrong with it is given by Done.
func ReadQuery(c echo.Context) *Query {
	values, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return &Query{err: Refuse(wire.CodeBadRequest, "The query of the address cannot be read")}
	}
	return &Query{values: values}
}

// Text takes a parameter; empty and absent are the same.
func (q *Query) Text(name string) string {
	given := q.values[name]
	delete(q.values, name)
	if len(given) > 1 && q.err == nil {
		q.err = Refuse(wire.CodeBadRequest, "The parameter %s is given twice", name)
	}
	if len(given) == 0 {
		return ""
	}
	return given[0]
}

// Texts takes a parameter that may be repeated.
func (q *Query) Texts(name string) []string {
	given := q.values[name]
	delete(q.values, name)
	return given
}

// Flag takes a parameter that is 1 or true, 0 or false; absent is false.
func (q *Query) Flag(name string) bool {
	switch q.Text(name) {
	case "1", "true":
		return true
	case "", "0", "false":
		return false
	}
	if q.err == nil {
		q.err = Refuse(wire.CodeBadRequest, "The parameter %s must be true or false", name)
	}
	return false
}

// Number takes a whole number between two bounds; present is false where there
// is none.
func (q *Query) Number(name string, low, high int64) (n int64, present bool) {
	text := q.Text(name)
	if text == "" || q.err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < low || n > high {
		q.err = Refuse(wire.CodeBadRequest, "The parameter %s must be a whole number from %d to %d", name, low, high)
		return 0, false
	}
	return n, true
}

// Done is what is wrong with the query, if anything.
func (q *Query) Done() error {
	if q.err != nil || len(q.values) == 0 {
		return q.err
	}
	names := make([]string, 0, len(q.values))
	for name := range q.values {
		names = append(names, name)
	}
	return Refuse(wire.CodeBadRequest, "There is no parameter %s here", Quote(slices.Min(names)))
}

// Quote quotes somebody else's text for a sentence, cut to what one bears.
func Quote(text string) string {
	const limit = 32
	if r := []rune(text); len(r) > limit {
		text = string(r[:limit]) + "…"
	}
	return strconv.Quote(text)
}
