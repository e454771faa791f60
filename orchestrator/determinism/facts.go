package determinism

import (
	"go/types"
	"strings"
)

// impure is the fact of a function that does what a replay would not repeat.
type impure struct{ List []does }

// does is one thing that a function does, itself or through others.
type does struct {
	Kind kind
	What string // time.Now, in stamp
}

// AFact makes it a fact.
func (*impure) AFact() {}

func (i *impure) String() string {
	var list []string
	for _, d := range i.List {
		list = append(list, d.What)
	}
	return "does " + strings.Join(list, "; ")
}

// changes is the fact of a package variable that a function assigns.
type changes struct{ By string }

// AFact makes it a fact.
func (*changes) AFact() {}

func (c *changes) String() string { return "changed by " + c.By }

// exportFacts tells the packages above what the functions of this one do.
func (c *checker) exportFacts() {
	if isEngine(pathOf(c.pass.Pkg)) {
		return
	}
	for v, by := range c.changing {
		c.pass.ExportObjectFact(v, &changes{by})
	}
	known := map[*types.Func][]does{}
	for _, fn := range c.functions() {
		if !fn.Exported() || c.takesContext(fn) { // what takes a Context is reported here
			continue
		}
		if list := c.all(fn, known); len(list) > 0 {
			c.pass.ExportObjectFact(fn, &impure{list})
		}
	}
}

// all is what a function of this package does, itself and through others: one
// thing of each kind. A function that is being looked at adds nothing to those
// that call each other with it.
func (c *checker) all(fn *types.Func, known map[*types.Func][]does) []does {
	if list, ok := known[fn]; ok {
		return list
	}
	known[fn] = nil
	var list []does
	add := func(d does) {
		for _, old := range list {
			if old.Kind == d.Kind {
				return
			}
		}
		list = append(list, d)
	}
	b := c.bodyOf(fn)
	for _, f := range b.findings {
		add(does{f.kind, f.what})
	}
	for _, call := range b.calls {
		if c.decls[call.fn] == nil {
			for _, d := range c.factsOf(call.fn) {
				add(does{d.Kind, through(d.What, shortName(call.fn))})
			}
			continue
		}
		if c.takesContext(call.fn) {
			continue
		}
		for _, d := range c.all(call.fn, known) {
			add(does{d.Kind, through(d.What, call.fn.Name())})
		}
	}
	known[fn] = list
	return list
}

// through adds the function in which something is done, if none is named yet.
func through(what, fn string) string {
	if strings.Contains(what, ", in ") {
		return what
	}
	return what + ", in " + fn
}

// factsOf is what is known of a function of another package. Of another module
// only what matters there.
func (c *checker) factsOf(fn *types.Func) []does {
	var f impure
	if fn.Pkg() == nil || fn.Pkg() == c.pass.Pkg || !c.pass.ImportObjectFact(fn, &f) {
		return nil
	}
	if c.sameModule(fn.Pkg()) {
		return f.List
	}
	var list []does
	for _, d := range f.List {
		if d.Kind.elsewhere() {
			list = append(list, d)
		}
	}
	return list
}

// sameModule says whether a package is of the module of this one.
func (c *checker) sameModule(p *types.Package) bool {
	root, _, _ := strings.Cut(pathOf(c.pass.Pkg), "/")
	if m := c.pass.Module; m != nil && m.Path != "" {
		root = m.Path
	}
	path := pathOf(p)
	return path == root || strings.HasPrefix(path, root+"/")
}
