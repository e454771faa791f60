package determinism

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
)

// The packages that define what must be deterministic.
const (
	orchestratorPath = "github.com/everturn/everturn/orchestrator"
	entitiesPath     = "github.com/everturn/everturn/entities"
)

// root is a function that must be deterministic.
type root struct {
	name   string // orchestration hello
	entity bool
	lit    *ast.FuncLit // or
	fn     *types.Func
	pos    token.Pos
	part   bool // a literal that takes a Context, and is perhaps part of another root
}

func (r *root) body(c *checker) *body {
	if r.fn != nil {
		return c.bodyOf(r.fn)
	}
	return c.look(r.lit, r.lit.Body)
}

// defining are the functions that take one that must be deterministic, and the
// argument that it is.
var defining = map[string]struct {
	arg    int
	what   string
	entity bool
}{
	orchestratorPath + ".Define": {1, "orchestration", false},
	entitiesPath + ".Define":     {1, "fresh state of entity", true},
	entitiesPath + ".On":         {2, "operation", true},
}

// roots finds them: what is passed to Define and On, and what takes a Context.
// Literals within one belong to it, unless they are defined as something else.
func (c *checker) roots() (list []*root) {
	for _, file := range c.pass.Files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				list = append(list, c.defined(n)...)
			case *ast.FuncDecl:
				if fn, ok := c.pass.TypesInfo.Defs[n.Name].(*types.Func); ok && n.Body != nil && c.takesContext(fn) {
					list = append(list, &root{name: "function " + fn.Name(), fn: fn, entity: c.contextOf(fn.Signature()) == entitiesPath, pos: n.Pos()})
				}
			case *ast.FuncLit:
				if sig, ok := c.pass.TypesInfo.TypeOf(n).(*types.Signature); ok && c.contextOf(sig) != "" {
					list = append(list, &root{name: "this function", part: true, lit: n, entity: c.contextOf(sig) == entitiesPath, pos: n.Pos()})
				}
			}
			return true
		})
	}
	return slices.DeleteFunc(list, func(r *root) bool {
		return r.part && slices.ContainsFunc(list, func(o *root) bool { return o != r && o.contains(c, r.lit) })
	})
}

// contains says whether a literal is within the root.
func (r *root) contains(c *checker, lit *ast.FuncLit) bool {
	if decl := c.decls[r.fn]; decl != nil {
		return within(decl, lit.Pos())
	}
	return r.lit != nil && within(r.lit, lit.Pos()) && (r.lit != lit || !r.part)
}

// defined is the root that a call of Define or On makes; and what it, or
// DefineActivity, is given may not use the Context of somebody else.
func (c *checker) defined(call *ast.CallExpr) []*root {
	name := c.callee(call)
	if name == orchestratorPath+".DefineActivity" && len(call.Args) > 1 {
		c.foreignContext(call.Args[1], "an activity")
		return nil
	}
	d, ok := defining[name]
	if !ok || d.arg >= len(call.Args) {
		return nil
	}
	r := &root{name: d.what, entity: d.entity, pos: call.Args[d.arg].Pos()}
	if v := c.pass.TypesInfo.Types[call.Args[d.arg-1]].Value; v != nil && v.Kind() == constant.String {
		r.name += " " + constant.StringVal(v)
	}
	c.foreignContext(call.Args[d.arg], r.name)
	switch arg := ast.Unparen(call.Args[d.arg]).(type) {
	case *ast.FuncLit:
		r.lit = arg
		return []*root{r}
	case *ast.CallExpr: // of a function that makes it
		r.fn = typeutil.StaticCallee(c.pass.TypesInfo, arg)
	default:
		r.fn = c.named(arg)
	}
	if r.fn == nil || r.fn.Pkg() == nil {
		return nil
	}
	r.fn = r.fn.Origin()
	return []*root{r}
}

// foreignContext reports the use of a Context that the function did not get.
func (c *checker) foreignContext(fn ast.Expr, what string) {
	lit, ok := ast.Unparen(fn).(*ast.FuncLit)
	if !ok {
		return
	}
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		v, ok := c.pass.TypesInfo.Uses[id].(*types.Var)
		if !ok || v.IsField() || within(lit, v.Pos()) || contextPath(v.Type()) == "" || c.marks.at(id.Pos()) || c.reported[id.Pos()] || !tests && isTest(c.pass, id.Pos()) {
			return true
		}
		c.reported[id.Pos()] = true
		c.pass.Reportf(id.Pos(), "%s uses the Context %s of another function: it belongs to the orchestration or operation that it was made for", what, id.Name)
		return true
	})
}

// callee is the full name of the function that is called, where it is known.
func (c *checker) callee(call *ast.CallExpr) string {
	if fn, ok := typeutil.Callee(c.pass.TypesInfo, call).(*types.Func); ok {
		return fullName(fn)
	}
	return ""
}

// named is the function that an expression names, nil if it names none.
func (c *checker) named(e ast.Expr) *types.Func {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		fn, _ := c.pass.TypesInfo.Uses[e].(*types.Func)
		return fn
	case *ast.SelectorExpr:
		return c.named(e.Sel)
	case *ast.IndexExpr:
		return c.named(e.X)
	case *ast.IndexListExpr:
		return c.named(e.X)
	}
	return nil
}

// fullName is path.Name of a function, path.Type.Name of a method.
func fullName(fn *types.Func) string {
	if fn.Pkg() == nil {
		return fn.Name()
	}
	name := pathOf(fn.Pkg()) + "."
	if recv := fn.Signature().Recv(); recv != nil {
		t := recv.Type()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		if n, ok := types.Unalias(t).(*types.Named); ok {
			name += n.Obj().Name() + "."
		}
	}
	return name + fn.Name()
}

// takesContext says whether a function of this package has a parameter that is a
// Context: then it must be deterministic, whoever calls it.
func (c *checker) takesContext(fn types.Object) bool {
	sig, ok := fn.Type().Underlying().(*types.Signature)
	return ok && c.contextOf(sig) != ""
}

// contextOf is the package of the Context that a function takes.
func (c *checker) contextOf(sig *types.Signature) string {
	if isEngine(pathOf(c.pass.Pkg)) { // whose Context is not only for authors
		return ""
	}
	for v := range sig.Params().Variables() {
		if path := contextPath(v.Type()); path != "" {
			return path
		}
	}
	return ""
}

// contextPath is the package of which a type is the *Context, if any.
func contextPath(t types.Type) string {
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return ""
	}
	n, ok := types.Unalias(p.Elem()).(*types.Named)
	if !ok || n.Obj().Name() != "Context" || n.Obj().Pkg() == nil {
		return ""
	}
	if path := pathOf(n.Obj().Pkg()); path == orchestratorPath || path == entitiesPath {
		return path
	}
	return ""
}

// pathOf is a package's path; a variant for tests has the path of the package.
func pathOf(p *types.Package) string {
	path, _, _ := strings.Cut(p.Path(), " ")
	return path
}

// isEngine says whether a package is of the engine: what it offers to authors is
// deterministic, by whatever means.
func isEngine(path string) bool {
	return path == orchestratorPath || path == entitiesPath || strings.HasPrefix(path, orchestratorPath+"/")
}

// isExempt says whether a package is looked at in no case: the engine's own, but
// for its tests, and the logger that it gives to authors.
func isExempt(pass *analysis.Pass) bool {
	path := pathOf(pass.Pkg)
	tested := slices.ContainsFunc(pass.Files, func(f *ast.File) bool { return isTest(pass, f.Pos()) })
	return strings.HasPrefix(path, "github.com/rs/zerolog") || isEngine(path) && !tested
}

func isTest(pass *analysis.Pass, pos token.Pos) bool {
	return strings.HasSuffix(pass.Fset.Position(pos).Filename, "_test.go")
}

// isStandard says whether the package is of the standard library, of which the
// table says what there is to know.
func isStandard(pass *analysis.Pass) bool {
	return standardPath(pass.Pkg.Path()) && (pass.Module == nil || pass.Module.Path == "" || pass.Module.Path == "std")
}

func standardPath(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

func within(n ast.Node, pos token.Pos) bool { return n.Pos() <= pos && pos < n.End() }
