package inspect

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// The kinds of what is listed.
const (
	orchestrationKind = "orchestration"
	entityKind        = "entity"
)

// The states of entities: one that was deleted lives on while it is locked.
const (
	stateExists  = "Exists"
	stateDeleted = "Deleted"
)

// item is one line of a list.
type item struct {
	Kind       string            `json:"kind"`
	ID         string            `json:"id"` // of an entity @name@key
	Name       string            `json:"name"`
	Key        *string           `json:"key,omitempty"` // of an entity
	State      string            `json:"state"`
	Created    int64             `json:"created"`
	Updated    int64             `json:"updated"`
	Parent     string            `json:"parent,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
	Failure    *failure          `json:"failure,omitempty"`
	Quarantine string            `json:"quarantine,omitempty"`
	Locked     bool              `json:"locked,omitempty"`
	Waiting    int               `json:"waiting,omitempty"`
}

// page is a part of a list. It may be short, or empty, and yet have a cursor.
type page struct {
	Items  []item `json:"items"`
	Cursor string `json:"cursor"`
}

// filter is what is asked of a list.
type filter struct {
	kind, name, prefix, error string
	states                    []orchestrator.State
	tags                      map[string]string
	from, to                  time.Time
	aside, locked             bool
	byID                      bool
	limit                     int
	cursor                    string
}

// maxPage is the most lines of a page.
const maxPage = 200

// latest is the last moment that a filter may name: the year 9999.
const latest = 253_402_300_799_000

// readFilter reads the query of a list.
func readFilter(q *api.Query) (*filter, error) {
	f := &filter{kind: q.Text("kind"), name: q.Text("name"), prefix: q.Text("prefix"), error: q.Text("error"), aside: q.Flag("quarantined"), cursor: q.Text("cursor")}
	f.locked = q.Flag("locked")
	failed, sort, states, tags := q.Flag("failed"), q.Text("sort"), q.Texts("state"), q.Texts("tag")
	f.from, f.to = moment(q, "from"), moment(q, "to")
	n, _ := q.Number("limit", 1, maxPage)
	f.limit = int(n)
	if err := q.Done(); err != nil {
		return nil, err
	}
	switch sort {
	case "", "newest":
	case "id":
		f.byID = true
	default:
		return nil, api.Refuse(wire.CodeBadRequest, "The parameter sort is newest (the default) or id: no index has another order")
	}
	for _, text := range states {
		state, err := orchestrator.ParseState(text)
		if err != nil {
			return nil, api.Refuse(wire.CodeBadRequest, "The parameter state names no status with %s", api.Quote(text))
		}
		f.states = append(f.states, state)
	}
	if (failed || f.error != "") && len(states) == 0 {
		f.states = []orchestrator.State{orchestrator.Failed}
	}
	for _, text := range tags {
		k, v, ok := strings.Cut(text, "=")
		if !ok || k == "" {
			return nil, api.Refuse(wire.CodeBadRequest, "The parameter tag must be like key=value")
		}
		if f.tags == nil {
			f.tags = map[string]string{}
		}
		f.tags[k] = v
	}
	return f, f.ofKind()
}

// moment takes milliseconds since 1970; none is the zero time.
func moment(q *api.Query, name string) time.Time {
	if ms, given := q.Number(name, 0, latest); given {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}

// ofKind checks that the rest goes with the kind.
func (f *filter) ofKind() error {
	switch f.kind {
	case "", orchestrationKind:
		f.kind = orchestrationKind
		if f.locked {
			return api.Refuse(wire.CodeBadRequest, "The parameter locked is for entities only: nobody locks an orchestration")
		}
	case entityKind:
		if len(f.states) > 0 || len(f.tags) > 0 || f.error != "" {
			return api.Refuse(wire.CodeBadRequest, "Entities have neither states nor tags nor failures to be found by")
		}
		if rest, ok := strings.CutPrefix(f.prefix, "@"); ok && f.name == "" { // an id, or the beginning of one
			if name, key, whole := strings.Cut(rest, "@"); whole {
				f.name, f.prefix = name, key
			}
		}
	default:
		return api.Refuse(wire.CodeBadRequest, "The parameter kind is %s (the default) or %s", orchestrationKind, entityKind)
	}
	return nil
}

// find gives one page: each is one look at the engine's indexes.
func (i *Inspector) find(f *filter) (*page, error) {
	switch {
	case f.aside:
		return i.findAside(f)
	case f.kind == entityKind:
		return i.findEntities(f)
	}
	found, err := i.Orchestrations.Search(orchestrator.Query{
		States: f.states, Name: f.name, IDPrefix: f.prefix, CreatedFrom: f.from, CreatedTo: f.to, Tags: f.tags, Error: f.error,
		ByID: f.byID, Limit: f.limit, Cursor: f.cursor,
	})
	if err != nil {
		return nil, err
	}
	p := &page{Items: make([]item, 0, len(found.Items)), Cursor: found.Cursor}
	for n := range found.Items {
		s := &found.Items[n]
		p.Items = append(p.Items, item{
			Kind: orchestrationKind, ID: s.ID, Name: s.Name, State: s.State.String(), Created: s.Created.UnixMilli(), Updated: s.Updated.UnixMilli(),
			Parent: s.Parent, Tags: maps.Clone(s.Tags), Failure: brief(s.Failure), Quarantine: s.Quarantine,
		})
	}
	return p, nil
}

func (i *Inspector) findEntities(f *filter) (*page, error) {
	found, err := i.Entities.List(i.EntityTypes, entities.Query{
		Name: f.name, KeyPrefix: f.prefix, LastOpFrom: f.from, LastOpTo: f.to, ByKey: f.byID, Locked: f.locked, IncludeDeleted: true, Limit: f.limit, Cursor: f.cursor,
	})
	if err != nil {
		return nil, err
	}
	aside := i.asideByID()
	p := &page{Items: make([]item, 0, len(found.Items)), Cursor: found.Cursor}
	for n := range found.Items {
		e := &found.Items[n]
		x := item{
			Kind: entityKind, ID: e.ID.String(), Name: e.ID.Name, Key: &e.ID.Key, State: stateExists, Created: e.Created.UnixMilli(), Updated: e.LastOp.UnixMilli(),
			Quarantine: aside[e.ID.String()], Locked: e.Info.Lock != nil, Waiting: e.Info.Waiting,
		}
		if !e.Info.Exists {
			x.State = stateDeleted
		}
		p.Items = append(p.Items, x)
	}
	return p, nil
}

func (i *Inspector) list(r *request) error {
	f, err := readFilter(r.query)
	if err != nil {
		return err
	}
	p, err := i.find(f)
	if err != nil {
		return err
	}
	return r.JSON(http.StatusOK, p)
}

// listLive sends the first page, and again whenever it is another one.
func (i *Inspector) listLive(r *request) error {
	f, err := readFilter(r.query)
	if err != nil {
		return err
	}
	if _, err := i.find(f); err != nil {
		return err
	}
	var known []byte
	return i.live(r, func(send sender) (bool, error) {
		p, err := i.find(f)
		if err != nil {
			return false, err
		}
		body, err := json.Marshal(p)
		if err != nil || bytes.Equal(body, known) {
			return true, err
		}
		known = body
		return true, send("page", "", json.RawMessage(body))
	})
}
