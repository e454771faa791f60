package manage

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

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

// checkType refuses names that no entity has: there is no state to be read, and
// nothing that a signal could go to.
func (m *Manager) checkType(name string, as wire.Code) error {
	if m.EntityTypes.Operations(name) == nil {
		return api.Refuse(as, "No entity is named %s", api.Quote(name))
	}
	return nil
}

// showEntity gives the state of an entity.
func (m *Manager) showEntity(r *request) error {
	name, key := r.vars["name"], r.key()
	if err := m.checkType(name, wire.CodeNotFound); err != nil {
		return err
	}
	id, err := entities.NewID(name, key)
	if err != nil {
		return err
	}
	info, _, err := m.Entities.Info(m.EntityTypes, id)
	switch {
	case err != nil:
		return err
	case !info.Exists:
		return api.Refuse(wire.CodeNotFound, "There is no entity %s with the key %s", api.Quote(name), api.Quote(key))
	}
	state := info.State
	if state == nil {
		state = json.RawMessage("null")
	}
	return r.give(http.StatusOK, state)
}

// operate signals an entity, or calls it.
func (m *Manager) operate(r *request) error {
	name, op := r.vars["name"], r.query.text("op")
	if err := m.checkType(name, wire.CodeBadRequest); err != nil {
		return err
	}
	if known := m.EntityTypes.Operations(name); !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, op) }) {
		return api.Refuse(wire.CodeBadRequest, "The parameter op must be one of %s", strings.Join(known, ", "))
	}
	input, err := r.argument()
	if err != nil {
		return err
	}
	id, err := entities.NewID(name, r.key())
	if err != nil {
		return err
	}
	if !r.query.flag("call", false) {
		if err := m.Entities.Signal(r.Request().Context(), id, op, input); err != nil {
			return err
		}
		return r.NoContent(http.StatusAccepted)
	}
	answer, err := m.Entities.Call(r.Request().Context(), id, op, input)
	if err != nil {
		return err
	}
	if len(answer) == 0 {
		answer = json.RawMessage("null")
	}
	return r.JSONBlob(http.StatusOK, answer)
}

// argument reads the input of an operation: JSON, or any other text as one.
func (r *request) argument() (json.RawMessage, error) {
	body, media, err := r.body()
	switch {
	case err != nil:
		return nil, err
	case media == "application/json":
		input, err := anyJSON(body)
		return json.RawMessage(input), err
	case len(body) == 0:
		return nil, nil
	case !utf8.Valid(body):
		return nil, api.Refuse(wire.CodeBadRequest, "The body is not valid UTF-8")
	}
	return textJSON(string(body)), nil
}

// deleteEntity signals an entity to delete itself.
func (m *Manager) deleteEntity(r *request) error {
	if err := m.checkType(r.vars["name"], wire.CodeBadRequest); err != nil {
		return err
	}
	id, err := entities.NewID(r.vars["name"], r.key())
	if err != nil {
		return err
	}
	if err := m.Entities.Signal(r.Request().Context(), id, "delete", nil); err != nil {
		return err
	}
	return r.NoContent(http.StatusAccepted)
}

// listed is an entity in a list.
type listed struct {
	EntityID struct {
		Name string `json:"name"`
		Key  string `json:"key"`
	} `json:"entityId"`
	LastOperationTime string          `json:"lastOperationTime"`
	State             json.RawMessage `json:"state,omitempty"` // if it was asked for
}

// listEntities gives the entities of a name, or all.
func (m *Manager) listEntities(r *request) error {
	q := entities.Query{
		Name: r.vars["name"], WithState: r.query.flag("fetchState", false), Cursor: r.Request().Header.Get(continuation),
	}
	var err error
	if q.LastOpFrom, q.LastOpTo, err = r.query.span("lastOperationTimeFrom", "lastOperationTimeTo"); err != nil {
		return err
	}
	top, err := r.query.top()
	if err != nil {
		return err
	}
	list := []listed{}
	for more := true; more; {
		q.Limit = top - len(list)
		page, err := m.Entities.List(m.EntityTypes, q)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			e := listed{LastOperationTime: seconds(item.LastOp), State: item.Info.State}
			e.EntityID.Name, e.EntityID.Key = item.ID.Name, item.ID.Key
			list = append(list, e)
		}
		q.Cursor = page.Cursor
		more = q.Cursor != "" && len(list) < top && r.Request().Context().Err() == nil
	}
	if q.Cursor != "" {
		r.Response().Header().Set(continuation, q.Cursor)
	}
	return r.JSON(http.StatusOK, list)
}
