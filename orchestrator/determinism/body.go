package determinism

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// body is what a function does that it may not, and whom it calls. Literals in
// it are part of it, whoever calls them.
type body struct {
	findings []finding
	calls    []reference
}

type finding struct {
	pos  token.Pos
	kind kind
	what string // time.Now
}

// reference is a function that is named, or a variable that holds one: called, or
// passed on.
type reference struct {
	obj types.Object
	pos token.Pos
}

// looker looks at one function.
type looker struct {
	*checker
	fn   ast.Node // the function, declared or literal
	body *ast.BlockStmt
	out  *body
}

// look looks at a function's body.
func (c *checker) look(fn ast.Node, block *ast.BlockStmt) *body {
	l := &looker{checker: c, fn: fn, body: block, out: &body{}}
	ast.Inspect(block, l.node)
	return l.out
}

func (l *looker) found(pos token.Pos, k kind, what string) {
	if !l.marks.at(pos) {
		l.out.findings = append(l.out.findings, finding{pos, k, what})
	}
}

// node looks at one node, and says whether to look into it.
func (l *looker) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		return l.call(n)
	case *ast.Ident:
		l.ident(n)
	case *ast.GoStmt:
		l.found(n.Pos(), goroutine, "a go statement")
	case *ast.SendStmt:
		l.found(n.Pos(), channel, "sending on a channel")
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			l.found(n.Pos(), channel, "receiving from a channel")
		}
	case *ast.SelectStmt:
		l.found(n.Pos(), channel, "a select statement")
		for _, s := range n.Body.List { // its cases are part of it
			for _, s := range s.(*ast.CommClause).Body {
				ast.Inspect(s, l.node)
			}
		}
		return false
	case *ast.RangeStmt:
		l.rangeOver(n)
	case *ast.DeferStmt:
		l.deferred(n)
	case *ast.AssignStmt:
		for _, e := range n.Lhs {
			l.assigned(e, n.Tok == token.DEFINE)
		}
	case *ast.IncDecStmt:
		l.assigned(n.X, false)
	}
	return true
}

// call looks at a call, and says whether to look into it.
func (l *looker) call(n *ast.CallExpr) bool {
	switch f := typeutil.Callee(l.pass.TypesInfo, n).(type) {
	case *types.Builtin:
		l.builtin(f.Name(), n)
	case *types.Func:
		switch name := fullName(f); {
		case name == orchestratorPath+".DefineActivity":
			return false // what an activity does is free
		case defining[name].arg > 0:
			return false // a root of its own
		case sorting[name]:
			return false // what its argument yields is put in order
		}
	}
	sig, ok := typeOf(l.pass.TypesInfo, n.Fun).Underlying().(*types.Signature)
	if ok && takesStandardContext(sig) && !l.known(n) {
		l.found(n.Pos(), waits, "a call that takes a context.Context")
	}
	return true
}

func (l *looker) builtin(name string, n *ast.CallExpr) {
	switch name {
	case "make":
		if _, ok := l.pass.TypesInfo.TypeOf(n).Underlying().(*types.Chan); ok {
			l.found(n.Pos(), channel, "making a channel")
		}
	case "close":
		l.found(n.Pos(), channel, "closing a channel")
	case "delete", "clear", "copy":
		l.assigned(&ast.IndexExpr{X: n.Args[0]}, false)
	case "recover":
		l.found(n.Pos(), recovering, "recover")
	case "print", "println":
		l.found(n.Pos(), logging, name)
	}
}

// ident looks at a name: of a function, or of a variable.
func (l *looker) ident(id *ast.Ident) {
	switch obj := l.pass.TypesInfo.Uses[id].(type) {
	case *types.Func:
		l.reference(id, obj.Origin())
	case *types.Var:
		l.read(id, obj)
	}
}

// reference looks at a function that is called, or passed on to be called.
func (l *looker) reference(id *ast.Ident, fn *types.Func) {
	if fn.Pkg() == nil {
		return
	}
	if k, ok := forbidden(fn); ok {
		l.found(id.Pos(), k, shortName(fn))
		return
	}
	if unordered[fullName(fn)] && !l.putInOrder(id) {
		l.found(id.Pos(), mapOrder, shortName(fn)+", whose order is random,")
		return
	}
	if !isEngine(pathOf(fn.Pkg())) && !l.marks.at(id.Pos()) {
		l.out.calls = append(l.out.calls, reference{fn, id.Pos()})
	}
}

func typeOf(info *types.Info, e ast.Expr) types.Type {
	if t := info.TypeOf(e); t != nil {
		return t
	}
	return types.Typ[types.Invalid]
}

// takesStandardContext says whether a function's first parameter is a
// context.Context.
func takesStandardContext(sig *types.Signature) bool {
	if sig.Params().Len() == 0 {
		return false
	}
	n, ok := types.Unalias(sig.Params().At(0).Type()).(*types.Named)
	return ok && n.Obj().Name() == "Context" && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "context"
}

// known says whether the table has the function that is called.
func (l *looker) known(n *ast.CallExpr) bool {
	fn, ok := typeutil.Callee(l.pass.TypesInfo, n).(*types.Func)
	if !ok || fn.Pkg() == nil {
		return false
	}
	_, known := forbidden(fn)
	return known || fn.Pkg().Path() == "context"
}
