package entities

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/everturn/everturn/orchestrator/durable"
)

// Registry is the set of entities that a program runs. It never changes and may
// be used concurrently.
type Registry struct{ byName map[string]*definition }

// NewRegistry collects definitions. It refuses those that are wrong in
// themselves (a bad name, an operation defined twice) and two of one name.
// Operations defined later are not seen.
func NewRegistry(defs ...Definition) (*Registry, error) {
	r := &Registry{byName: make(map[string]*definition, len(defs))}
	var errs []error
	for _, def := range defs {
		d := *def.definition()
		d.ops = maps.Clone(d.ops)
		if d.err != nil {
			errs = append(errs, d.err)
		}
		if _, dup := r.byName[d.name]; dup {
			errs = append(errs, fmt.Errorf("entities: %s is defined twice", d.name))
		}
		r.byName[d.name] = &d
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return r, nil
}

// Names are the names of the entities, sorted.
func (r *Registry) Names() []string { return slices.Sorted(maps.Keys(r.byName)) }

// Operations are the names of an entity's operations, sorted, delete included;
// nil where there is no such entity. The name may be of any case.
func (r *Registry) Operations(name string) []string {
	if d := r.byName[strings.ToLower(name)]; d != nil {
		return d.names()
	}
	return nil
}

// Describe is [DecodeInfo] for an entity of this program: it gives the state as
// JSON also where it is stored in the entity's own format.
func (r *Registry) Describe(id durable.ID, head []byte) (Info, error) {
	info, err := DecodeInfo(head)
	if err != nil || !info.Custom {
		return info, err
	}
	d := r.byName[id.Name]
	if d == nil {
		return info, nil
	}
	h, err := decodeHead(head)
	if err != nil {
		return info, err
	}
	s, err := d.codec.load(h.format, h.state)
	if err != nil {
		return info, fmt.Errorf("state of %s: %w", id, err)
	}
	info.State, err = json.Marshal(s)
	return info, err
}

// names are the operations' names, sorted, with the implicit delete.
func (d *definition) names() []string {
	names := slices.Collect(maps.Keys(d.ops))
	if d.ops[deleteName] == nil {
		names = append(names, deleteName)
	}
	slices.Sort(names)
	return names
}

// unknown is the failure of a message for an entity that nobody defined.
func (r *Registry) unknown(id durable.ID) *durable.Failure {
	return durable.Fail(durable.CodeNotFound,
		fmt.Sprintf("no entity is named %q, only %s", id.Name, strings.Join(r.Names(), ", ")))
}
