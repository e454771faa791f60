package inspect

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/web/api"
	"github.com/everturn/everturn/web/wire"
)

// emptyKey is how the empty key is written in an address.
const emptyKey = "$"

// key is that of the address.
func (r *request) key() string {
	if key := r.vars["key"]; key != emptyKey {
		return key
	}
	return ""
}

// entity is what is to be seen of an entity.
type entity struct {
	Name       string          `json:"name"`
	Key        string          `json:"key"`
	Exists     bool            `json:"exists"`
	State      json.RawMessage `json:"state"`
	Version    uint64          `json:"version"`
	Bytes      int             `json:"bytes"`
	Custom     bool            `json:"custom"` // it is stored in a format of its own
	Updated    int64           `json:"updated,omitempty"`
	Lock       *lock           `json:"lock"`
	Waiting    int             `json:"waiting"`
	Queue      []queued        `json:"queue"` // the first few of those that wait
	Dropped    uint64          `json:"dropped"`
	Quarantine string          `json:"quarantine,omitempty"`
}

// lock is who holds an entity since when.
type lock struct {
	Owner string `json:"owner"`
	Since int64  `json:"since"`
}

// queued is a message that waits for the lock.
type queued struct {
	From string `json:"from,omitempty"` // empty: somebody outside
	What string `json:"what"`           // signal, call or lock
	Op   string `json:"op,omitempty"`   // the operation
}

// entityID is that of the address, whose name must be known.
func (i *Inspector) entityID(r *request) (id entities.ID, err error) {
	name := r.vars["name"]
	if i.EntityTypes.Operations(name) == nil {
		return id, api.Refuse(wire.CodeNotFound, "No entity is named %s", api.Quote(name))
	}
	return entities.NewID(name, r.key())
}

// entity reads an entity. One that is not there is no error.
func (i *Inspector) entity(r *request) (*entity, error) {
	id, err := i.entityID(r)
	if err != nil {
		return nil, err
	}
	e := &entity{Name: id.Name, Key: id.Key, Queue: []queued{}, Quarantine: i.whyAside(id.String())}
	info, updated, err := i.Entities.Info(i.EntityTypes, id)
	if err != nil {
		if e.Quarantine != "" {
			return e, unlessCorrupt(err)
		}
		return nil, err
	}
	e.Exists, e.State, e.Version, e.Bytes, e.Custom, e.Waiting, e.Dropped = info.Exists, info.State, info.Version, info.Bytes, info.Custom, info.Waiting, info.Dropped
	if ms := updated.UnixMilli(); ms > 0 {
		e.Updated = ms
	}
	for n := range info.Queue {
		q := &info.Queue[n]
		e.Queue = append(e.Queue, queued{q.From.String(), opWord(byte(q.Op)), q.Name})
	}
	if info.Lock != nil {
		e.Lock = &lock{info.Lock.Owner.String(), info.Lock.Since}
	}
	return e, nil
}

func (i *Inspector) showEntity(r *request) error {
	if err := r.query.Done(); err != nil {
		return err
	}
	e, err := i.entity(r)
	switch {
	case err != nil:
		return err
	case !e.Exists && e.Lock == nil && e.Quarantine == "":
		return api.Refuse(wire.CodeNotFound, "There is no entity %s with the key %s", api.Quote(e.Name), api.Quote(e.Key))
	}
	return r.JSON(http.StatusOK, e)
}

// entityLive sends an entity whenever it is another than before. It may come to be
// and go while it is looked at.
func (i *Inspector) entityLive(r *request) error {
	if err := r.query.Done(); err != nil {
		return err
	}
	if _, err := i.entity(r); err != nil {
		return err
	}
	var known []byte
	return i.live(r, func(send sender) (bool, error) {
		e, err := i.entity(r)
		if err != nil {
			return false, err
		}
		body, err := json.Marshal(e)
		if err != nil || bytes.Equal(body, known) {
			return true, err
		}
		known = body
		return true, send("entity", "", json.RawMessage(body))
	})
}

// checkOperation refuses what an entity does not know.
func (i *Inspector) checkOperation(name, op string) error {
	known := i.EntityTypes.Operations(name)
	if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, op) }) {
		return api.Refuse(wire.CodeBadRequest, "The field op must be one of %s", strings.Join(known, ", "))
	}
	return nil
}
