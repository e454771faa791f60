package orchestrator

import "fmt"

// maxPatchID is the longest name of a patch, in bytes.
const maxPatchID = 256

// Patched says whether this generation of the instance goes the way of a change
// to the code that instances survive which began before it: true where the
// question is first asked live, which the history keeps, and false where the
// code was past this place before there was the question. The answer stays the
// same to the end of the generation, wherever it is asked; the next generation
// asks afresh. A patch takes three steps, each a deployment:
//
//  1. The new code is put behind the question, and the old stays beside it. What
//     began before goes on in the old way to its end, what begins now goes the
//     new way.
//  2. When no instance is left that went the old way, its code is taken out, and
//     [Context.DeprecatePatch] is left in the place of the question. An instance
//     that was overlooked is quarantined, with an error that names the patch, and
//     goes on when step 1 is deployed again: step 2 can be taken back.
//  3. When step 1 will not come back, that is taken out too. Histories may still
//     have the mark: those that the code does not ask for are passed over.
//
// The id must not be used for another patch later, nor asked for in an earlier
// place. One of no or more than 256 bytes fails the orchestration. A change of
// more than a few lines is better a [Version] of its own.
func (c *Context) Patched(id string) bool {
	x := c.x
	applied, known := x.patches[id]
	if known || c.off() {
		return applied
	}
	if id == "" || len(id) > maxPatchID {
		x.abort(Fail(CodeBadRequest, fmt.Sprintf("the id of a patch has 1 to %d bytes, not %d", maxPatchID, len(id))))
	}
	if applied = x.cursor == nil; applied {
		x.act(&record{kind: kPatched, name: id})
	} else {
		applied = x.marked(id)
	}
	if x.patches == nil {
		x.patches = map[string]bool{}
	}
	x.patches[id] = applied
	return applied
}

// DeprecatePatch stands where [Context.Patched] was asked, when the code of
// before the patch is gone. An instance that went that way is quarantined, with
// an error that names the patch.
func (c *Context) DeprecatePatch(id string) {
	if c.off() || c.Patched(id) {
		return
	}
	_ = c.x.differ(fmt.Sprintf("it began before patch %q", id), "has only what came after that")
	panic(unwind{})
}

// marked says whether the history has the mark of a patch here. (Or had it
// earlier: marks that the code did not ask for are passed over.)
func (x *execution) marked(id string) bool {
	marked, err := x.cursor.marked(id)
	if err != nil {
		x.broken = err
		panic(unwind{})
	}
	return marked
}

// marks are the patches that a history says were applied, up to a place in it.
type marks map[string]bool

func (m *marks) add(id string) {
	if *m == nil {
		*m = marks{}
	}
	(*m)[id] = true
}
