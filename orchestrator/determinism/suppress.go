package determinism

import (
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// mark is the comment that says that a finding is none.
const mark = "//everturn:deterministic"

// marks are the places that are marked.
type marks struct {
	fset  *token.FileSet
	lines map[line]bool
	whole []ast.Node // declarations that are marked as a whole
}

type line struct {
	file string
	n    int
}

// readMarks reads the marks of a package. One without a reason is reported, and
// marks nothing.
func readMarks(pass *analysis.Pass) *marks {
	m := &marks{fset: pass.Fset, lines: map[line]bool{}}
	for _, file := range pass.Files {
		for _, group := range file.Comments {
			for _, comment := range group.List {
				if !isMark(comment) {
					continue
				}
				if strings.TrimSpace(strings.TrimPrefix(comment.Text, mark)) == "" {
					pass.Reportf(comment.Pos(), "%s needs a reason, behind it on the same line", mark)
					continue
				}
				at := m.line(comment.Pos())
				m.lines[at] = true
				m.lines[line{at.file, at.n + 1}] = true
			}
		}
		for _, d := range file.Decls {
			if m.marked(doc(d)) {
				m.whole = append(m.whole, d)
			}
		}
	}
	return m
}

func isMark(c *ast.Comment) bool {
	rest, ok := strings.CutPrefix(c.Text, mark)
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}

func doc(d ast.Decl) *ast.CommentGroup {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Doc
	case *ast.GenDecl:
		return d.Doc
	}
	return nil
}

// marked says whether a comment has a mark with a reason.
func (m *marks) marked(group *ast.CommentGroup) bool {
	if group == nil {
		return false
	}
	for _, c := range group.List {
		if isMark(c) && m.lines[m.line(c.Pos())] {
			return true
		}
	}
	return false
}

func (m *marks) line(pos token.Pos) line {
	p := m.fset.Position(pos)
	return line{p.Filename, p.Line}
}

// at says whether a place is marked.
func (m *marks) at(pos token.Pos) bool {
	for _, d := range m.whole {
		if within(d, pos) {
			return true
		}
	}
	return m.lines[m.line(pos)]
}
