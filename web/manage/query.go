package manage

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// query is the part of an address behind the question mark. Names are of any
// case, and those that nobody knows are nobody's business, as in the original.
type query map[string][]string // by name in lower case

func readQuery(r *http.Request) (query, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, api.Refuse(wire.CodeBadRequest, "The query of the address cannot be read")
	}
	q := query{}
	for name, list := range values {
		q[strings.ToLower(name)] = append(q[strings.ToLower(name)], list...)
	}
	return q, nil
}

// text is a parameter, empty where there is none.
func (q query) text(name string) string {
	if list := q[strings.ToLower(name)]; len(list) > 0 {
		return list[0]
	}
	return ""
}

// flag is true or false in any case; whatever else it is counts as not given.
func (q query) flag(name string, otherwise bool) bool {
	switch strings.ToLower(strings.TrimSpace(q.text(name))) {
	case "true":
		return true
	case "false":
		return false
	}
	return otherwise
}

// maxSeconds bounds what is waited for: beyond it a connection is cut by somebody.
const maxSeconds = 230

// seconds is a duration, with decimals.
func (q query) seconds(name string) (d time.Duration, given bool, err error) {
	text := q.text(name)
	if text == "" {
		return 0, false, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 0 && n <= 1e9) {
		return 0, false, api.Refuse(wire.CodeBadRequest, "The parameter %s must be a number of seconds, such as 2.5", name)
	}
	return time.Duration(min(n, maxSeconds) * float64(time.Second)), true, nil
}

// momentLayouts are the forms of a moment: with a zone, or in UTC.
var momentLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02"}

// moment is a time, zero where there is none.
func (q query) moment(name string) (time.Time, error) {
	text := strings.ReplaceAll(q.text(name), " ", "+") // a plus that nobody has escaped
	if text == "" {
		return time.Time{}, nil
	}
	// Python has no zeros in front of a year, as the original knows.
	if year := strings.IndexByte(text, '-'); year > 0 && year < 4 {
		text = "0000"[year:] + text
	}
	for _, layout := range momentLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			if at.IsZero() { // the least moment of .NET and Python, which is given all the same
				at = at.Add(time.Nanosecond)
			}
			return at, nil
		}
	}
	return time.Time{}, api.Refuse(wire.CodeBadRequest, "The parameter %s must be a time such as 2026-11-24T12:00:00Z", name)
}

// span is two moments.
func (q query) span(from, to string) (low, high time.Time, err error) {
	if low, err = q.moment(from); err == nil {
		high, err = q.moment(to)
	}
	return low, high, err
}

// states are those of runtimeStatus, repeated or as a list. None is true where
// some were named that no instance is ever in.
func (q query) states() (states []orchestrator.State, none bool, err error) {
	for _, list := range q["runtimestatus"] {
		for name := range strings.SplitSeq(list, ",") {
			name = strings.TrimSpace(name)
			switch strings.ToLower(name) {
			case "":
				continue
			case "continuedasnew", "canceled": // states of the original that ours passes through, or does not have
				none = true
				continue
			}
			state, err := orchestrator.ParseState(name)
			if err != nil {
				return nil, false, api.Refuse(wire.CodeBadRequest, "The parameter runtimeStatus names no status with %s", api.Quote(name))
			}
			states = append(states, state)
		}
	}
	return states, none && len(states) == 0, nil
}

// The size of a page.
const (
	usualPage = 100
	mostPage  = 1000
)

// top is the size of a page.
func (q query) top() (int, error) {
	text := q.text("top")
	if text == "" {
		return usualPage, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, api.Refuse(wire.CodeBadRequest, "The parameter top must be a whole number")
	}
	if n == 0 {
		n = usualPage
	}
	return min(n, mostPage), nil
}
