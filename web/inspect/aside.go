package inspect

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// set is an instance in quarantine, with its id as it is listed.
type set struct {
	Aside
	id, why string
}

// aside are the instances in quarantine, in no order.
func (i *Inspector) aside() []set {
	all := i.Engine.Aside()
	list := make([]set, len(all))
	for n, a := range all {
		list[n] = set{a, a.Key, a.Why}
		if a.Name != "" {
			list[n].id = "@" + a.Name + "@" + a.Key
		}
	}
	return list
}

// whyAside is why an instance is in quarantine; empty if it is not.
func (i *Inspector) whyAside(id string) string {
	for _, a := range i.aside() {
		if a.id == id {
			return a.why
		}
	}
	return ""
}

func (i *Inspector) asideByID() map[string]string {
	why := map[string]string{}
	for _, a := range i.aside() {
		why[a.id] = a.why
	}
	return why
}

// findAside gives a page of the instances in quarantine, by id. They are in
// memory, so that no index is needed; but each has to be read.
func (i *Inspector) findAside(f *filter) (*page, error) {
	after, err := base64.RawURLEncoding.DecodeString(f.cursor)
	if err != nil {
		return nil, api.Refuse(wire.CodeBadRequest, "The cursor is not one of this list")
	}
	limit := f.limit
	if limit == 0 {
		limit = maxPage / 2
	}
	p := &page{Items: []item{}}
	looked := 0
	all := i.aside()
	slices.SortFunc(all, func(a, b set) int { return strings.Compare(a.id, b.id) })
	for _, a := range all {
		if a.id <= string(after) && f.cursor != "" || (a.Name != "") != (f.kind == entityKind) || !strings.HasPrefix(a.Key, f.prefix) ||
			f.kind == entityKind && f.name != "" && !strings.EqualFold(a.Name, f.name) {
			continue
		}
		if len(p.Items) == limit || looked == maxPage {
			p.Cursor = base64.RawURLEncoding.EncodeToString(after)
			break
		}
		looked++
		after = []byte(a.id)
		x, err := i.asideItem(&a)
		if err != nil {
			return nil, err
		}
		if f.wants(&x) {
			p.Items = append(p.Items, x)
		}
	}
	return p, nil
}

// asideItem reads what can be read of an instance in quarantine.
func (i *Inspector) asideItem(a *set) (item, error) {
	x := item{Kind: orchestrationKind, ID: a.id, Name: a.Name, Quarantine: a.why}
	if a.Name != "" {
		x.Kind, x.Key = entityKind, &a.Key
		id, err := entities.NewID(a.Name, a.Key)
		if err != nil {
			return x, nil
		}
		info, updated, err := i.Entities.Info(i.EntityTypes, id)
		if err == nil {
			x.State, x.Updated, x.Locked, x.Waiting = stateExists, updated.UnixMilli(), info.Lock != nil, info.Waiting
		}
		return x, unlessCorrupt(err)
	}
	s, err := i.Orchestrations.Status(a.Key)
	if err == nil {
		x.Name, x.State, x.Created, x.Updated, x.Parent, x.Tags, x.Failure = s.Name, s.State.String(), s.Created.UnixMilli(), s.Updated.UnixMilli(), s.Parent, s.Tags, brief(s.Failure)
	}
	return x, unlessCorrupt(err)
}

// unlessCorrupt passes over what is wrong with the instance itself, which is why
// it is in quarantine, and not over a database that cannot be read.
func unlessCorrupt(err error) error {
	var f *orchestrator.Failure
	if errors.As(err, &f) && f.Code == orchestrator.CodeUnavailable {
		return err
	}
	return nil
}

// wants says whether an instance is as the filter says, for what no index was
// asked.
func (f *filter) wants(x *item) bool {
	switch {
	case f.kind == orchestrationKind && f.name != "" && !strings.EqualFold(x.Name, f.name),
		len(f.states) > 0 && !slices.ContainsFunc(f.states, func(s orchestrator.State) bool { return s.String() == x.State }),
		!f.from.IsZero() && x.Created < f.from.UnixMilli(), !f.to.IsZero() && x.Created >= f.to.UnixMilli(),
		f.locked && !x.Locked, f.error != "" && !x.Failure.mentions(f.error):
		return false
	}
	for k, v := range f.tags {
		if got, ok := x.Tags[k]; !ok || got != v {
			return false
		}
	}
	return true
}
