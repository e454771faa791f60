package inspect

import (
	"net/http"

	"github.com/everturn/everturn/entities"
)

// held is a lock in the list of them.
type held struct {
	Name    string `json:"name"`
	Key     string `json:"key"`
	Owner   string `json:"owner"`
	Since   int64  `json:"since"`
	Waiting int    `json:"waiting"`
}

// locks gives the entities that are held and waited for, or all that are held.
func (i *Inspector) locks(r *request) error {
	q := entities.LockQuery{Name: r.query.Text("name"), KeyPrefix: r.query.Text("prefix"), All: r.query.Flag("all"), Cursor: r.query.Text("cursor")}
	limit, _ := r.query.Number("limit", 1, maxPage)
	if err := r.query.Done(); err != nil {
		return err
	}
	q.Limit = int(limit)
	p, err := i.Entities.Locks(q)
	if err != nil {
		return err
	}
	answer := struct {
		Locks  []held `json:"locks"`
		Cursor string `json:"cursor"`
	}{[]held{}, p.Cursor}
	for n := range p.Items {
		h := &p.Items[n]
		answer.Locks = append(answer.Locks, held{h.ID.Name, h.ID.Key, h.Lock.Owner.String(), h.Lock.Since, h.Waiting})
	}
	return r.JSON(http.StatusOK, answer)
}
