package web

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/web/wire"
)

// query is the part of an address behind the question mark, read as strictly as
// a body (see object): a parameter that is misspelt must not be overlooked.
type query struct {
	values url.Values
	err    error
}

func readQuery(c echo.Context) *query {
	values, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return &query{err: refuse(wire.CodeBadRequest, "The query of the address cannot be read")}
	}
	return &query{values: values}
}

// text takes a parameter; empty and absent are the same.
func (q *query) text(name string) string {
	given := q.values[name]
	delete(q.values, name)
	if len(given) > 1 && q.err == nil {
		q.err = refuse(wire.CodeBadRequest, "The parameter %s is given twice", name)
	}
	if len(given) == 0 {
		return ""
	}
	return given[0]
}

// number takes a whole number between two bounds; present is false where there
// is none.
func (q *query) number(name string, low, high int64) (n int64, present bool) {
	text := q.text(name)
	if text == "" || q.err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < low || n > high {
		q.err = refuse(wire.CodeBadRequest, "The parameter %s must be a whole number from %d to %d", name, low, high)
		return 0, false
	}
	return n, true
}

// done is what is wrong with the query, if anything.
func (q *query) done() error {
	if q.err != nil || len(q.values) == 0 {
		return q.err
	}
	names := make([]string, 0, len(q.values))
	for name := range q.values {
		names = append(names, name)
	}
	return refuse(wire.CodeBadRequest, "There is no parameter %s here", quote(slices.Min(names)))
}

// quote quotes somebody else's text for a sentence, cut to what one bears.
func quote(text string) string {
	const limit = 32
	if r := []rune(text); len(r) > limit {
		text = string(r[:limit]) + "…"
	}
	return strconv.Quote(text)
}
