package determinism

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// unordered are functions that yield in an order that is random.
var unordered = map[string]bool{"maps.Keys": true, "maps.Values": true, "maps.All": true}

// sorting are functions that put what they are given in order, or to whose
// result the order does not matter.
var sorting = map[string]bool{
	"slices.Sorted": true, "slices.SortedFunc": true, "slices.SortedStableFunc": true, "maps.Collect": true, "maps.Insert": true,
}

// sorters sort the slice that is their first argument.
var sorters = map[string]bool{
	"slices.Sort": true, "slices.SortFunc": true, "slices.SortStableFunc": true,
	"sort.Strings": true, "sort.Ints": true, "sort.Float64s": true, "sort.Slice": true, "sort.SliceStable": true, "sort.Sort": true, "sort.Stable": true,
}

// rangeOver looks at a loop over a map or a channel.
func (l *looker) rangeOver(n *ast.RangeStmt) {
	if n.Tok == token.ASSIGN {
		for _, e := range []ast.Expr{n.Key, n.Value} {
			if e != nil {
				l.assigned(e, false)
			}
		}
	}
	switch typeOf(l.pass.TypesInfo, n.X).Underlying().(type) {
	case *types.Chan:
		l.found(n.Pos(), channel, "ranging over a channel")
	case *types.Map:
		if !l.anyOrder(n) {
			l.found(n.Pos(), mapOrder, "ranging over a map")
		}
	}
}

// putInOrder says whether what a name yields, as a call, is ranged over by a loop
// whose order does not matter, or collected into a slice that is sorted.
func (l *looker) putInOrder(id *ast.Ident) (ok bool) {
	ast.Inspect(l.body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			if within(n.X, id.Pos()) {
				ok = ok || l.anyOrder(n)
			}
		case *ast.AssignStmt: // keys := slices.Collect(maps.Keys(m))
			if len(n.Lhs) == 1 && len(n.Rhs) == 1 && within(n.Rhs[0], id.Pos()) {
				ok = ok || l.sortedAfter(n.Lhs[0], n.End())
			}
		}
		return true
	})
	return ok
}

// anyOrder says whether a loop does the same in whatever order it goes: it
// writes maps, sums, looks for something by constants, or collects what is sorted
// afterwards.
func (l *looker) anyOrder(n *ast.RangeStmt) bool {
	blank := func(e ast.Expr) bool {
		id, ok := e.(*ast.Ident)
		return e == nil || ok && id.Name == "_"
	}
	if blank(n.Key) && blank(n.Value) {
		return true
	}
	o := &order{looker: l, loop: n}
	return o.block(n.Body.List)
}

// order judges the statements of one loop.
type order struct {
	*looker
	loop *ast.RangeStmt
}

func (o *order) block(list []ast.Stmt) bool {
	for _, s := range list {
		if !o.statement(s) {
			return false
		}
	}
	return true
}

func (o *order) statement(s ast.Stmt) bool {
	switch s := s.(type) {
	case nil, *ast.EmptyStmt, *ast.IncDecStmt:
		return true
	case *ast.DeclStmt:
		return true
	case *ast.BranchStmt:
		return s.Tok == token.CONTINUE
	case *ast.BlockStmt:
		return o.block(s.List)
	case *ast.IfStmt:
		return o.statement(s.Init) && o.free(s.Cond) && o.block(s.Body.List) && o.statement(s.Else)
	case *ast.ForStmt:
		return o.statement(s.Init) && o.statement(s.Post) && o.block(s.Body.List)
	case *ast.RangeStmt:
		return o.free(s.X) && o.block(s.Body.List)
	case *ast.SwitchStmt:
		return o.statement(s.Init) && o.cases(s.Body.List)
	case *ast.AssignStmt:
		return o.assignment(s)
	case *ast.ReturnStmt: // the same, whichever element comes first
		for _, e := range s.Results {
			if !o.constant(e) {
				return false
			}
		}
		return true
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		b, ok := typeutil.Callee(o.pass.TypesInfo, call).(*types.Builtin)
		return ok && (b.Name() == "delete" || b.Name() == "clear")
	}
	return false
}

func (o *order) cases(list []ast.Stmt) bool {
	for _, s := range list {
		if c, ok := s.(*ast.CaseClause); !ok || !o.block(c.Body) {
			return false
		}
	}
	return true
}

// assignment says whether an assignment comes to the same in any order.
func (o *order) assignment(s *ast.AssignStmt) bool {
	for _, e := range s.Rhs {
		if !o.free(e) {
			return false
		}
	}
	switch s.Tok {
	case token.DEFINE:
		return true
	case token.ADD_ASSIGN, token.SUB_ASSIGN, token.MUL_ASSIGN, token.OR_ASSIGN, token.AND_ASSIGN, token.XOR_ASSIGN:
		b, ok := typeOf(o.pass.TypesInfo, s.Lhs[0]).Underlying().(*types.Basic)
		return ok && b.Info()&types.IsInteger != 0 // sums of floating point numbers depend on their order
	case token.ASSIGN:
		for i, e := range s.Lhs {
			if !o.target(e) && (len(s.Rhs) != len(s.Lhs) || !o.value(e, s.Rhs[i], s.End())) {
				return false
			}
		}
		return true
	}
	return false
}

// target says whether what is assigned to is another one for each element, or
// forgotten with it.
func (o *order) target(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		obj := o.pass.TypesInfo.ObjectOf(e)
		return e.Name == "_" || obj != nil && within(o.loop.Body, obj.Pos())
	case *ast.IndexExpr:
		_, ok := typeOf(o.pass.TypesInfo, e.X).Underlying().(*types.Map)
		return ok
	case *ast.SelectorExpr:
		return o.target(e.X)
	case *ast.StarExpr:
		return o.target(e.X)
	}
	return false
}

// value says whether a value is the same in the end: a constant, the least or
// greatest of all, or a slice that is sorted afterwards.
func (o *order) value(to, v ast.Expr, end token.Pos) bool {
	if o.constant(v) {
		return true
	}
	call, ok := ast.Unparen(v).(*ast.CallExpr)
	if !ok {
		return false
	}
	b, ok := typeutil.Callee(o.pass.TypesInfo, call).(*types.Builtin)
	switch {
	case !ok:
		return false
	case b.Name() == "min", b.Name() == "max":
		return true
	case b.Name() == "append":
		return o.sortedAfter(to, max(end, o.loop.End()))
	}
	return false
}

func (o *order) constant(e ast.Expr) bool {
	tv := o.pass.TypesInfo.Types[e]
	return tv.Value != nil || tv.IsNil()
}

// free says whether an expression has no effects on the orchestration: it gives
// nobody the Context.
func (o *order) free(e ast.Expr) bool {
	free := true
	ast.Inspect(e, func(n ast.Node) bool {
		if x, ok := n.(ast.Expr); ok && contextPath(typeOf(o.pass.TypesInfo, x)) != "" {
			free = false
		}
		return free
	})
	return free
}

// sortedAfter says whether a slice is sorted further down in the function.
func (l *looker) sortedAfter(slice ast.Expr, from token.Pos) (sorted bool) {
	id, ok := ast.Unparen(slice).(*ast.Ident)
	if !ok {
		return false
	}
	obj := l.pass.TypesInfo.ObjectOf(id)
	ast.Inspect(l.body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || call.Pos() < from || len(call.Args) == 0 || !sorters[l.callee(call)] {
			return true
		}
		ast.Inspect(call.Args[0], func(n ast.Node) bool { // also sort.Sort(byName(keys))
			if x, ok := n.(*ast.Ident); ok && l.pass.TypesInfo.Uses[x] == obj {
				sorted = true
			}
			return true
		})
		return true
	})
	return sorted
}
