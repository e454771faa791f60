package orchestrator

import (
	"errors"
	"fmt"
)

// FailureAs finds an error of an author's type E in a chain: as errors.As does
// where the error is still what it was, and else in the failure that it became on
// its way through an activity, a sub-orchestration, a call or the store. That is
// known by its type's name, and FromFailure makes an E of it again, mostly out of
// the properties that FailureProps gave:
//
//	type Declined struct{ Card string }
//
//	func (e *Declined) Error() string                        { return "card " + e.Card + " declined" }
//	func (e *Declined) FailureProps() map[string]string      { return map[string]string{"card": e.Card} }
//	func (e *Declined) FromFailure(f *orchestrator.Failure)  { e.Card = f.Props["card"] }
//
//	if declined, ok := orchestrator.FailureAs[Declined](err); ok { … }
//
// The name is that of package and type (shop.Declined), or what a method
// FailureType() string gives: with that, a type can be renamed and moved.
func FailureAs[E any, P interface {
	*E
	error
	FromFailure(*Failure)
}](err error) (P, bool) {
	var found P
	if errors.As(err, &found) {
		return found, true
	}
	want := typeName(P(new(E)))
	for ; err != nil; err = cause(err) {
		if f, ok := err.(*Failure); ok && f.Type == want { //nolint:errorlint // the chain is walked one link at a time
			e := P(new(E))
			e.FromFailure(f)
			return e, true
		}
	}
	return nil, false
}

// typeOf is what a failure's Type says of an error that has become one.
func typeOf(err error) string {
	if t, ok := err.(interface{ FailureType() string }); ok {
		return t.FailureType()
	}
	return fmt.Sprintf("%T", err)
}
