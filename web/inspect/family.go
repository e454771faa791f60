package inspect

import (
	"errors"
	"net/http"
	"strings"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
)

// Bounds of a family: how many are in it, how far up it goes, how many rows of a
// history are looked through, and of all histories together.
const (
	maxFamily     = 200
	maxAncestors  = 20
	maxFamilyRows = 5_000
	maxRowsRead   = 200_000
)

// node is somebody of a family.
type node struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Key     string `json:"key,omitempty"` // of an entity
	State   string `json:"state"`         // empty: there is none, or not any more
	Created int64  `json:"created,omitempty"`
	Updated int64  `json:"updated,omitempty"`
}

// edge says what one did to another, how often, and when for the first and the
// last time.
type edge struct {
	From  string `json:"from"`
	To    string `json:"to"`
	What  string `json:"what"`
	Count int    `json:"count"`
	First int64  `json:"first,omitempty"`
	Last  int64  `json:"last,omitempty"`
}

// family is who has to do with an instance: above it its parents, below it whom
// it started, and beside them whom they called, signalled and locked, as their
// histories say.
type family struct {
	Nodes []*node `json:"nodes"`
	Edges []*edge `json:"edges"`
	Cut   bool    `json:"cut"` // there is more

	i     *Inspector
	nodes map[string]*node
	edges map[edge]*edge // by from, to and what
	queue []string       // orchestrations whose histories are to be read
	read  int            // rows
}

func (i *Inspector) family(r *request) error {
	if err := r.query.Done(); err != nil {
		return err
	}
	f := &family{Nodes: []*node{}, Edges: []*edge{}, i: i, nodes: map[string]*node{}, edges: map[edge]*edge{}}
	if err := f.climb(r.vars["id"]); err != nil {
		return err
	}
	for len(f.queue) > 0 && r.Request().Context().Err() == nil {
		id := f.queue[0]
		f.queue = f.queue[1:]
		if err := f.descend(id); err != nil {
			return err
		}
	}
	return r.JSON(http.StatusOK, f)
}

// climb takes an instance into the family, and its parents.
func (f *family) climb(id string) error {
	s, err := f.i.status(id)
	if err != nil {
		return err
	}
	f.orchestration(s)
	for range maxAncestors {
		if s.Parent == "" || f.nodes[s.Parent] != nil {
			return nil
		}
		child := s.ID
		s, err = f.i.status(s.Parent)
		switch {
		case isNotFound(err):
			return nil
		case err != nil:
			return err
		}
		f.orchestration(s)
		f.edge(s.ID, child, "child").Count = 1 // also where the history that told of it is gone
	}
	f.Cut = f.Cut || s.Parent != ""
	return nil
}

func isNotFound(err error) bool {
	var f *orchestrator.Failure
	return errors.As(err, &f) && f.Code == orchestrator.CodeNotFound
}

func (f *family) add(n *node) {
	f.nodes[n.ID] = n
	f.Nodes = append(f.Nodes, n)
}

func (f *family) orchestration(s *status) {
	f.add(&node{ID: s.ID, Kind: orchestrationKind, Name: s.Name, State: s.State, Created: s.Created, Updated: s.Updated})
	f.queue = append(f.queue, s.ID)
}

func (f *family) edge(from, to, what string) *edge {
	key := edge{From: from, To: to, What: what}
	e := f.edges[key]
	if e == nil {
		e = &edge{From: from, To: to, What: what}
		f.edges[key] = e
		f.Edges = append(f.Edges, e)
	}
	return e
}

// descend reads a history for whom it has to do with.
func (f *family) descend(id string) error {
	if f.read >= maxRowsRead {
		f.Cut = true
		return nil
	}
	p, err := f.i.Orchestrations.HistoryPage(id, 0, maxFamilyRows)
	if err != nil && !isNotFound(err) {
		if err = unlessCorrupt(err); err != nil {
			return err
		}
	}
	f.read += p.Total
	f.Cut = f.Cut || p.Total > len(p.Rows)
	counted := map[*edge]bool{} // those that count rows now, and not what was known before
	for n := range p.Rows {
		row := &p.Rows[n]
		what := relation(row)
		if what == "" {
			continue
		}
		if known, err := f.meet(row.Target); err != nil || !known {
			f.Cut = f.Cut || !known
			if err != nil {
				return err
			}
			continue
		}
		e := f.edge(id, row.Target, what)
		if !counted[e] {
			counted[e], e.Count, e.First = true, 0, row.Time.UnixMilli()
		}
		e.Count, e.Last = e.Count+1, row.Time.UnixMilli()
	}
	return nil
}

// relation is what a row does to somebody else; empty for nothing.
func relation(row *orchestrator.Row) string {
	switch row.Type {
	case "SubOrchestrationInstanceCreated":
		return "child"
	case "OrchestrationStarted":
		return "detached"
	case "CallScheduled", "SignalSent", "EventSent":
		switch word := opWord(row.Op); word {
		case "release": // its lock was told
		case "request":
			return "event"
		default:
			return word
		}
	}
	return ""
}

// meet takes whom a history names into the family, if there is room.
func (f *family) meet(id string) (known bool, err error) {
	if f.nodes[id] != nil {
		return true, nil
	}
	if len(f.nodes) >= maxFamily {
		return false, nil
	}
	if rest, ok := strings.CutPrefix(id, "@"); ok {
		name, key, _ := strings.Cut(rest, "@")
		n, err := f.i.entityNode(id, name, key)
		if err == nil {
			f.add(n)
		}
		return true, err
	}
	s, err := f.i.status(id)
	switch {
	case isNotFound(err):
		f.add(&node{ID: id, Kind: orchestrationKind})
	case err != nil:
		return false, err
	default:
		f.orchestration(s)
	}
	return true, nil
}

func (i *Inspector) entityNode(id, name, key string) (*node, error) {
	n := &node{ID: id, Kind: entityKind, Name: name, Key: key}
	of, err := entities.NewID(name, key)
	if err != nil {
		return n, nil
	}
	info, updated, err := i.Entities.Info(i.EntityTypes, of)
	switch {
	case err != nil:
		return n, unlessCorrupt(err)
	case info.Exists:
		n.State, n.Updated = stateExists, updated.UnixMilli()
	case info.Lock != nil:
		n.State, n.Updated = stateDeleted, updated.UnixMilli()
	}
	return n, nil
}
