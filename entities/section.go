package entities

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// The rules of a critical section (D9). Match them with errors.Is; the errors
// that are returned say more.
var (
	// ErrNested: a lock was asked for inside a critical section. Lock all
	// entities at once.
	ErrNested = &durable.Failure{Code: durable.CodeBadRequest, Type: "nested_lock"}
	// ErrNotLocked: an entity was called that the critical section has not
	// locked: the call might wait for somebody who waits for this section.
	ErrNotLocked = &durable.Failure{Code: durable.CodeBadRequest, Type: "entity_not_locked"}
	// ErrInSection: something was asked for that may take for ever, while others
	// wait for the locks. See [Permit].
	ErrInSection = &durable.Failure{Code: durable.CodeBadRequest, Type: "in_critical_section"}
	// ErrNothingToLock, ErrTooManyLocks, ErrNotEntity: the entities given to
	// [Lock] are none, more than [MaxLockEntities], or no entities.
	ErrNothingToLock = &durable.Failure{Code: durable.CodeBadRequest, Type: "nothing_to_lock"}
	ErrTooManyLocks  = &durable.Failure{Code: durable.CodeBadRequest, Type: "too_many_locks"}
	ErrNotEntity     = &durable.Failure{Code: durable.CodeBadRequest, Type: "not_an_entity"}
)

// section is an orchestration's critical section, as its code sees it.
type section struct {
	count   uint64 // locks asked for so far, for their keys
	held    []durable.ID
	permits []string
}

// sectionKey is where an orchestration's Context keeps its section.
type sectionKey struct{}

// sectionOf gives an orchestration's section, nil if it never locked anything.
func sectionOf(c *orchestrator.Context) *section {
	s, _ := c.Value(sectionKey{}).(*section)
	return s
}

// beginSection is sectionOf that makes one.
func beginSection(c *orchestrator.Context) *section {
	s := sectionOf(c)
	if s == nil {
		s = &section{}
		c.SetValue(sectionKey{}, s)
	}
	return s
}

// Permit allows the critical section that c is in to do some of what is
// forbidden there without leave: [orchestrator.ActionChild],
// [orchestrator.ActionEvent]. The locks are held while it waits.
func Permit(c *orchestrator.Context, actions ...string) {
	if s := sectionOf(c); s != nil && s.held != nil {
		s.permits = append(s.permits, actions...)
	}
}

// Locked gives the entities that the critical section of c holds, nil outside
// of one.
func Locked(c *orchestrator.Context) []durable.ID {
	if s := sectionOf(c); s != nil {
		return slices.Clone(s.held)
	}
	return nil
}

// check puts the entities in the order of locking.
func (s *section) check(ids []durable.ID) ([]durable.ID, error) {
	if s.held != nil {
		return nil, broken(ErrNested, "this orchestration is in a critical section over %v: lock all entities at once", s.held)
	}
	for _, id := range ids {
		if id.Kind != Kind {
			return nil, broken(ErrNotEntity, "%q is no entity and cannot be locked", id)
		}
		if err := CheckKey(id.Key); err != nil {
			return nil, err
		}
	}
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b durable.ID) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key))
	})
	ids = slices.Compact(ids)
	switch n := len(ids); {
	case n == 0:
		return nil, broken(ErrNothingToLock, "no entities to lock")
	case n > MaxLockEntities:
		return nil, broken(ErrTooManyLocks, "%d entities to lock at once; the limit is %d", n, MaxLockEntities)
	}
	return ids, nil
}

// guard refuses what must not be done in the section.
func (s *section) guard(action string) error {
	if action == orchestrator.ActionContinue || slices.Contains(s.permits, action) {
		return nil
	}
	return broken(ErrInSection, "a critical section over %v must not %s", s.held, action)
}

// admits refuses calls of entities that the section has not locked.
func (s *section) admits(id durable.ID) error {
	if s == nil || s.held == nil || slices.Contains(s.held, id) {
		return nil
	}
	return broken(ErrNotLocked, "%s is called inside a critical section over %v, which has not locked it", id, s.held)
}

// broken is the failure of a broken rule, with what there is to say.
func broken(rule *durable.Failure, format string, args ...any) error {
	f := *rule
	f.Message = fmt.Sprintf(format, args...)
	return &f
}
