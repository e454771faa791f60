package determinism

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// assigned looks at what an assignment, or something like it, writes.
func (l *looker) assigned(e ast.Expr, define bool) {
	id := l.base(e)
	if id == nil {
		return
	}
	if define && l.pass.TypesInfo.Defs[id] != nil {
		return
	}
	v, ok := l.pass.TypesInfo.ObjectOf(id).(*types.Var)
	if !ok || v.IsField() {
		return
	}
	switch {
	case isGlobal(v):
		l.found(id.Pos(), writing, "writing the package variable "+id.Name)
	case !within(l.fn, v.Pos()) && v.Pos().IsValid():
		l.found(id.Pos(), writing, "writing the variable "+id.Name+" of the function around it")
	}
}

// read looks at a package variable that is used: one that functions change is
// another one at the next replay.
func (l *looker) read(id *ast.Ident, v *types.Var) {
	l.held(id, v)
	if v.IsField() || !isGlobal(v) || isEngine(pathOf(v.Pkg())) {
		return
	}
	switch name := pathOf(v.Pkg()) + "." + v.Name(); {
	case name == "os.Stdout" || name == "os.Stderr" || name == "os.Stdin" || name == "os.Args":
		l.found(id.Pos(), inOut, name)
	case name == "crypto/rand.Reader":
		l.found(id.Pos(), chance, "rand.Reader")
	default:
		if by := l.changedBy(v); by != "" {
			l.found(id.Pos(), reading, "reading the package variable "+v.Name()+", which "+by+" changes,")
		}
	}
}

// held looks at a variable that holds a function, as it begins: of the package,
// or of the function around this one.
func (l *looker) held(id *ast.Ident, v *types.Var) {
	if _, ok := v.Type().Underlying().(*types.Signature); !ok || v.IsField() || v.Pkg() == nil || isEngine(pathOf(v.Pkg())) || l.marks.at(id.Pos()) {
		return
	}
	if v.Pkg() != l.pass.Pkg || l.values[v] != nil && !within(l.fn, v.Pos()) {
		l.out.calls = append(l.out.calls, reference{v, id.Pos()})
	}
}

// changedBy names a function that changes a package variable.
func (l *looker) changedBy(v *types.Var) string {
	var fact changes
	if v.Pkg() != l.pass.Pkg && l.sameModule(v.Pkg()) {
		l.pass.ImportObjectFact(v, &fact)
		return fact.By
	}
	return l.changing[v]
}

// findChanging finds the package variables that functions assign, other than
// init: those are set up, and then change no more.
func (c *checker) findChanging() map[*types.Var]string {
	changing, by := map[*types.Var]string{}, ""
	note := func(e ast.Expr) {
		if id := c.base(e); id != nil {
			if v, ok := c.pass.TypesInfo.Uses[id].(*types.Var); ok && !v.IsField() && isGlobal(v) && v.Pkg() == c.pass.Pkg {
				changing[v] = by
			}
		}
	}
	look := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				note(e)
			}
		case *ast.IncDecStmt:
			note(n.X)
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				note(n.Key)
				note(n.Value)
			}
		case *ast.CallExpr:
			if b, ok := typeutil.Callee(c.pass.TypesInfo, n).(*types.Builtin); ok && (b.Name() == "delete" || b.Name() == "clear") {
				note(n.Args[0])
			}
		}
		return true
	}
	for _, file := range c.pass.Files {
		for _, d := range file.Decls {
			by = "a function" // a literal in a declaration of variables
			if decl, ok := d.(*ast.FuncDecl); ok {
				if by = decl.Name.Name; by == "init" && decl.Recv == nil {
					continue
				}
			}
			ast.Inspect(d, look)
		}
	}
	return changing
}

// base is the variable that an expression is, or is a part of: v of v.a[i].
func (c *checker) base(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			if x.Name == "_" {
				return nil
			}
			return x
		case *ast.ParenExpr:
			e = x.X
		case *ast.SelectorExpr:
			if id, ok := x.X.(*ast.Ident); ok {
				if _, ok := c.pass.TypesInfo.Uses[id].(*types.PkgName); ok {
					return x.Sel
				}
			}
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return nil
		}
	}
}

func isGlobal(v *types.Var) bool { return v.Pkg() != nil && v.Parent() == v.Pkg().Scope() }
