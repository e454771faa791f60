package inspect

import (
	"encoding/json"
	"net/http"
)

// mostEvents is how many published events are told at once.
const mostEvents = 1_000

// published is an event that an instance has published.
type published struct {
	N    uint64          `json:"n"`
	Time int64           `json:"time"`
	Body json.RawMessage `json:"body"`
}

// published gives the events that an instance has published, behind a number.
func (i *Inspector) published(r *request) error {
	after, _ := r.query.Number("after", 0, 1<<53-1)
	limit, given := r.query.Number("limit", 1, mostEvents)
	if err := r.query.Done(); err != nil {
		return err
	}
	if !given {
		limit = mostEvents / 10
	}
	s, err := i.status(r.vars["id"])
	if err != nil {
		return err
	}
	list, err := i.Orchestrations.Events(s.ID, uint64(after), int(limit))
	if err != nil {
		return err
	}
	answer := struct {
		Events []published `json:"events"`
		Last   uint64      `json:"last"` // number of the last that there is
	}{[]published{}, s.Events}
	for _, e := range list {
		answer.Events = append(answer.Events, published{e.Number, e.Time, asJSON(e.Body)})
	}
	return r.JSON(http.StatusOK, answer)
}
