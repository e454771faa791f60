package inspect

import (
	"bytes"
	"encoding/json"
	"net/http"

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
	Dropped    uint64          `json:"dropped"`
	Quarantine string          `json:"quarantine,omitempty"`
}

// lock is who holds an entity since when.
type lock struct {
	Owner string `json:"owner"`
	Since int64  `json:"since"`
}

// entity reads an entity. One that is not there is no error.
func (i *Inspector) entity(r *request) (*entity, error) {
	name := r.vars["name"]
	if i.EntityTypes.Operations(name) == nil {
		return nil, api.Refuse(wire.CodeNotFound, "No entity is named %s", api.Quote(name))
	}
	id, err := entities.NewID(name, r.key())
	if err != nil {
		return nil, err
	}
	e := &entity{Name: id.Name, Key: id.Key, Quarantine: i.whyAside(id.String())}
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
