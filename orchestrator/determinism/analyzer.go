package determinism

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
)

// Analyzer is the analyzer. It may be used concurrently.
var Analyzer = &analysis.Analyzer{
	Name:      "determinism",
	Doc:       "find what orchestrations and entity operations may not do, since a replay would not repeat it",
	URL:       "https://pkg.go.dev/github.com/everturn/everturn/orchestrator/determinism",
	Run:       run,
	FactTypes: []analysis.Fact{(*impure)(nil), (*changes)(nil)},
}

// tests says whether files of tests are looked at, too.
var tests bool

func init() {
	Analyzer.Flags.BoolVar(&tests, "tests", true, "look at test files, too")
}

// checker is the walk of one package.
type checker struct {
	pass     *analysis.Pass
	marks    *marks
	decls    map[*types.Func]*ast.FuncDecl
	bodies   map[*types.Func]*body // what each declared function does, once looked at
	changing map[*types.Var]string // variables of this package that functions assign, and one that does
	reported map[token.Pos]bool
}

func run(pass *analysis.Pass) (any, error) {
	if isStandard(pass) || isExempt(pass) {
		return nil, nil
	}
	c := &checker{
		pass: pass, marks: readMarks(pass), decls: map[*types.Func]*ast.FuncDecl{}, bodies: map[*types.Func]*body{},
		reported: map[token.Pos]bool{},
	}
	for _, file := range pass.Files {
		for _, d := range file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				if obj, ok := pass.TypesInfo.Defs[fn.Name].(*types.Func); ok {
					c.decls[obj] = fn
				}
			}
		}
	}
	c.changing = c.findChanging()
	for _, r := range c.roots() {
		c.check(r)
	}
	c.exportFacts()
	return nil, nil
}

// check reports what a root does, and what the functions that it calls do.
func (c *checker) check(r *root) {
	if r.fn != nil && c.decls[r.fn] == nil { // of another package: by its facts
		c.reportFacts(r.fn, r.pos, r, "")
		return
	}
	type step struct {
		b   *body
		via string
	}
	first := r.body(c)
	queue, seen := []step{{first, ""}}, map[*body]bool{first: true}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for _, f := range s.b.findings {
			c.report(f, r, s.via)
		}
		for _, call := range s.b.calls {
			if decl := c.decls[call.fn]; decl == nil {
				c.reportFacts(call.fn, call.pos, r, s.via)
			} else if b := c.bodyOf(call.fn); !seen[b] && !c.takesContext(call.fn) { // else it is a root itself
				seen[b] = true
				queue = append(queue, step{b, call.fn.Name()})
			}
		}
	}
}

// report reports a finding, once.
func (c *checker) report(f finding, r *root, via string) {
	if c.reported[f.pos] || r.entity && (f.kind == deferring || f.kind == recovering) { // an operation is no coroutine
		return
	}
	c.reported[f.pos] = true
	if !tests && isTest(c.pass, f.pos) {
		return
	}
	where := "in " + r.name
	if via != "" {
		where = "in " + via + ", called by " + r.name
	}
	c.pass.Reportf(f.pos, "%s %s: %s", f.what, where, f.kind.advice(r.entity))
}

// reportFacts reports what a function of another package does, where it is
// called.
func (c *checker) reportFacts(fn *types.Func, pos token.Pos, r *root, via string) {
	for _, what := range c.factsOf(fn) {
		c.report(finding{pos: pos, kind: what.Kind, what: fn.Pkg().Name() + "." + fn.Name() + " does: " + what.What}, r, via)
	}
}

// bodyOf looks at a declared function, once.
func (c *checker) bodyOf(fn *types.Func) *body {
	b := c.bodies[fn]
	if b == nil {
		decl := c.decls[fn]
		b = c.look(decl, decl.Body)
		c.bodies[fn] = b
	}
	return b
}

// functions are the declared functions, in their order.
func (c *checker) functions() []*types.Func {
	list := make([]*types.Func, 0, len(c.decls))
	for fn := range c.decls {
		list = append(list, fn)
	}
	slices.SortFunc(list, func(a, b *types.Func) int { return int(a.Pos() - b.Pos()) })
	return list
}
