package determinism

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// deferred looks at a defer. The engine takes an orchestration out of memory by
// unwinding it, and its defers run then: what goes through the Context does
// nothing any more, but everything else would be done, each time. Function
// values are believed (entities.Lock gives one), and functions of this package
// are looked at like all that is called.
func (l *looker) deferred(n *ast.DeferStmt) {
	lit, ok := ast.Unparen(n.Call.Fun).(*ast.FuncLit)
	if !ok {
		l.deferredCall(n.Call)
		return
	}
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		if s, ok := n.(*ast.ExprStmt); ok { // called for its effect
			if call, ok := s.X.(*ast.CallExpr); ok {
				l.deferredCall(call)
			}
		}
		return true
	})
}

func (l *looker) deferredCall(call *ast.CallExpr) {
	fn, ok := typeutil.Callee(l.pass.TypesInfo, call).(*types.Func)
	if !ok || fn.Pkg() == nil || fn.Pkg() == l.pass.Pkg || isEngine(pathOf(fn.Pkg())) {
		return
	}
	if _, known := forbidden(fn); known { // that is said of it already
		return
	}
	for _, arg := range call.Args {
		if contextPath(typeOf(l.pass.TypesInfo, arg)) != "" {
			return
		}
	}
	l.found(call.Pos(), deferring, "deferring "+shortName(fn))
}
