package orchestrator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Definition is an [Orchestration] or an [Activity].
type Definition interface {
	define(*Registry) error
}

// Registry knows the definitions by their names. It does not change once made
// and may be used concurrently.
type Registry struct {
	orchestrations map[string][]*orchestrationDef // the versions, in order of registration
	activities     map[string]*activityDef
}

// maxNameBytes is the longest name of a definition: it is part of a listing's.
const maxNameBytes = 100

// NewRegistry registers definitions. Two of the same kind and name (in any
// case), and version, are an error.
func NewRegistry(defs ...Definition) (*Registry, error) {
	r := &Registry{orchestrations: map[string][]*orchestrationDef{}, activities: map[string]*activityDef{}}
	for _, d := range defs {
		if err := d.define(r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func checkDefinition(what, name string) error {
	if name == "" || len(name) > maxNameBytes {
		return fmt.Errorf("%s %q: a name has 1 to %d bytes", what, name, maxNameBytes)
	}
	return nil
}

func (r *Registry) addOrchestration(d *orchestrationDef) error {
	key := strings.ToLower(d.name)
	for _, other := range r.orchestrations[key] {
		if other.version == d.version {
			return fmt.Errorf("orchestration %q version %q is defined twice", d.name, d.version)
		}
	}
	r.orchestrations[key] = append(r.orchestrations[key], d)
	if d.retry != nil {
		if err := d.retry.Check(); err != nil {
			return fmt.Errorf("orchestration %q: %w", d.name, err)
		}
	}
	return checkDefinition("orchestration", d.name)
}

func (r *Registry) addActivity(d *activityDef) error {
	key := strings.ToLower(d.name)
	if r.activities[key] != nil {
		return fmt.Errorf("activity %q is defined twice", d.name)
	}
	r.activities[key] = d
	if d.retry != nil {
		if err := d.retry.Check(); err != nil {
			return fmt.Errorf("activity %q: %w", d.name, err)
		}
	}
	return checkDefinition("activity", d.name)
}

// orchestration finds a version of a definition.
func (r *Registry) orchestration(name, version string) *orchestrationDef {
	for _, d := range r.versions(name) {
		if d.version == version {
			return d
		}
	}
	return nil
}

// latest is the version that was registered last.
func (r *Registry) latest(name string) *orchestrationDef {
	vs := r.versions(name)
	if len(vs) == 0 {
		return nil
	}
	return vs[len(vs)-1]
}

func (r *Registry) versions(name string) []*orchestrationDef {
	if vs, ok := r.orchestrations[name]; ok {
		return vs
	}
	return r.orchestrations[strings.ToLower(name)]
}

func (r *Registry) activity(name string) *activityDef {
	if d, ok := r.activities[name]; ok {
		return d
	}
	return r.activities[strings.ToLower(name)]
}

// Has says whether an orchestration of a name is registered.
func (r *Registry) Has(name string) bool { return r.latest(name) != nil }

// Defined is an orchestration that is registered.
type Defined struct {
	Name     string
	Versions []string // in order of registration: the last one is the latest
}

// Defined are the orchestrations, by name.
func (r *Registry) Defined() []Defined {
	list := make([]Defined, 0, len(r.orchestrations))
	for _, name := range slices.Sorted(maps.Keys(r.orchestrations)) {
		d := Defined{Name: r.latest(name).name}
		for _, v := range r.versions(name) {
			d.Versions = append(d.Versions, v.version)
		}
		list = append(list, d)
	}
	return list
}
