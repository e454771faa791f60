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
	known := map[types.Object][]does{}
	for _, obj := range c.functions() {
		if !obj.Exported() || c.takesContext(obj) { // what takes a Context is reported here
			continue
		}
		if list := c.all(obj, known); len(list) > 0 {
			c.pass.ExportObjectFact(obj, &impure{list})
		}
	}
}

// all is what a function of this package does, itself and through others: one
// thing of each kind. A function that is being looked at adds nothing to those
// that call each other with it.
func (c *checker) all(obj types.Object, known map[types.Object][]does) []does {
	if list, ok := known[obj]; ok {
		return list
	}
	known[obj] = nil
	var list []does
	add := func(d does) {
		for _, old := range list {
			if old.Kind == d.Kind {
				return
			}
		}
		list = append(list, d)
	}
	b := c.bodyOf(obj)
	for _, f := range b.findings {
		add(does{f.kind, f.what})
	}
	for _, call := range b.calls {
		switch {
		case !c.isHere(call.obj):
			for _, d := range c.factsOf(call.obj) {
				add(does{d.Kind, through(d.What, call.obj.Pkg().Name()+"."+call.obj.Name())})
			}
		case !c.takesContext(call.obj):
			for _, d := range c.all(call.obj, known) {
				add(does{d.Kind, through(d.What, call.obj.Name())})
			}
		}
	}
	known[obj] = list
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
func (c *checker) factsOf(obj types.Object) []does {
	var f impure
	if obj.Pkg() == nil || obj.Pkg() == c.pass.Pkg || !c.pass.ImportObjectFact(obj, &f) {
		return nil
	}
	if c.sameModule(obj.Pkg()) {
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
