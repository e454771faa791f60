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
	values   map[*types.Var]ast.Expr // functions that variables begin with
	bodies   map[types.Object]*body  // what each of these does, once looked at
	changing map[*types.Var]string   // variables of this package that functions assign, and one that does
	reported map[token.Pos]bool
}

func run(pass *analysis.Pass) (any, error) {
	if isStandard(pass) || isExempt(pass) {
		return nil, nil
	}
	c := &checker{
		pass: pass, marks: readMarks(pass), decls: map[*types.Func]*ast.FuncDecl{}, values: map[*types.Var]ast.Expr{},
		bodies: map[types.Object]*body{}, reported: map[token.Pos]bool{},
	}
	for _, file := range pass.Files {
		ast.Inspect(file, c.collect)
	}
	c.changing = c.findChanging()
	for _, r := range c.roots() {
		c.check(r)
	}
	c.exportFacts()
	return nil, nil
}

// collect notes a function that is declared, or that a variable begins with.
func (c *checker) collect(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if fn, ok := c.pass.TypesInfo.Defs[n.Name].(*types.Func); ok && n.Body != nil {
			c.decls[fn] = n
		}
	case *ast.ValueSpec: // var now = time.Now
		if len(n.Names) == len(n.Values) {
			for i, id := range n.Names {
				c.begins(id, n.Values[i])
			}
		}
	case *ast.AssignStmt: // now := func() …
		if n.Tok == token.DEFINE && len(n.Lhs) == len(n.Rhs) {
			for i, e := range n.Lhs {
				if id, ok := e.(*ast.Ident); ok {
					c.begins(id, n.Rhs[i])
				}
			}
		}
	}
	return true
}

func (c *checker) begins(id *ast.Ident, e ast.Expr) {
	v, ok := c.pass.TypesInfo.Defs[id].(*types.Var)
	if !ok {
		return
	}
	if _, ok := v.Type().Underlying().(*types.Signature); !ok {
		return
	}
	if _, lit := ast.Unparen(e).(*ast.FuncLit); lit || c.named(e) != nil {
		c.values[v] = e
	}
}

// isHere says whether a function, or a variable that holds one, can be looked
// at in this package.
func (c *checker) isHere(obj types.Object) bool {
	switch obj := obj.(type) {
	case *types.Func:
		return c.decls[obj] != nil
	case *types.Var:
		return c.values[obj] != nil
	}
	return false
}

// check reports what a root does, and what the functions that it calls do.
func (c *checker) check(r *root) {
	if r.fn != nil && !c.isHere(r.fn) { // of another package: by its facts
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
			if !c.isHere(call.obj) {
				c.reportFacts(call.obj, call.pos, r, s.via)
			} else if b := c.bodyOf(call.obj); !seen[b] && !c.takesContext(call.obj) { // else it is a root itself
				seen[b] = true
				queue = append(queue, step{b, call.obj.Name()})
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
func (c *checker) reportFacts(obj types.Object, pos token.Pos, r *root, via string) {
	for _, what := range c.factsOf(obj) {
		c.report(finding{pos: pos, kind: what.Kind, what: obj.Pkg().Name() + "." + obj.Name() + " does: " + what.What}, r, via)
	}
}

// bodyOf looks at a function of this package, once.
func (c *checker) bodyOf(obj types.Object) *body {
	if b := c.bodies[obj]; b != nil {
		return b
	}
	var b *body
	switch obj := obj.(type) {
	case *types.Func:
		b = c.look(c.decls[obj], c.decls[obj].Body)
	case *types.Var:
		e := c.values[obj]
		if lit, ok := ast.Unparen(e).(*ast.FuncLit); ok {
			b = c.look(lit, lit.Body)
		} else { // the name of one
			b = c.look(e, &ast.BlockStmt{List: []ast.Stmt{&ast.ExprStmt{X: e}}})
		}
	}
	c.bodies[obj] = b
	return b
}

// functions are the declared functions, and the package variables that hold one,
// in their order.
func (c *checker) functions() []types.Object {
	var list []types.Object
	for fn := range c.decls {
		list = append(list, fn)
	}
	for v := range c.values {
		if isGlobal(v) {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b types.Object) int { return int(a.Pos() - b.Pos()) })
	return list
}
