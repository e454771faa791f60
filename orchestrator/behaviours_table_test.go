package orchestrator

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// The list of behaviours that the engine must show: each is a test of its number,
// TestBehaviour_012_…, and each decision TestDecision_09_…, in whatever package
// shows it. BEHAVIOURS.md is made from the names of these tests.
const (
	behaviourRows = 125
	decisionRows  = 17
	mostSkipped   = 12
	tableFile     = "BEHAVIOURS.md"
)

// shown is one test of a row.
type shown struct{ name, title, where, skipped string }

var testName = regexp.MustCompile(`^Test(?:Behaviour_(\d{3})|Decision_(\d{2}))_(\w+)$`)

// TestBehavioursTable holds the table to the tests:
//
//	go test ./orchestrator -run TestBehavioursTable -update
func TestBehavioursTable(t *testing.T) {
	rows := findBehaviours(t)
	skipped := 0
	for _, row := range allRows() {
		list := rows[row]
		delete(rows, row)
		switch {
		case len(list) == 0:
			t.Errorf("row %s has no test", row)
		case len(list) > 0 && !slices.ContainsFunc(list, func(s shown) bool { return s.skipped == "" }):
			skipped++
		}
	}
	if skipped > mostSkipped {
		t.Errorf("%d rows are skipped, more than %d", skipped, mostSkipped)
	}
	for row, list := range rows {
		t.Errorf("%s: there is no row %s", list[0].name, row)
	}
	table := behavioursTable(findBehaviours(t))
	if *update {
		if err := os.WriteFile(tableFile, table, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(tableFile); err != nil || !bytes.Equal(got, table) {
		t.Errorf("%s is not of today: go test ./orchestrator -run TestBehavioursTable -update (%v)", tableFile, err)
	}
}

// allRows are the numbers of decisions and behaviours, in their order.
func allRows() (rows []string) {
	for n := 1; n <= decisionRows; n++ {
		rows = append(rows, fmt.Sprintf("D%02d", n))
	}
	for n := 1; n <= behaviourRows; n++ {
		rows = append(rows, fmt.Sprintf("%03d", n))
	}
	return rows
}

// findBehaviours reads the test files of the whole module.
func findBehaviours(t *testing.T) map[string][]shown {
	t.Helper()
	rows := map[string][]shown{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != ".." && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		where, err := filepath.Rel("..", filepath.Dir(path))
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			m := testName.FindStringSubmatch(fn.Name.Name)
			if m == nil {
				continue
			}
			row := m[1]
			if row == "" {
				row = "D" + m[2]
			}
			rows[row] = append(rows[row], shown{fn.Name.Name, inWords(m[3]), filepath.ToSlash(where), skipReason(file, fn)})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range rows {
		slices.SortFunc(list, func(a, b shown) int { return cmp.Or(cmp.Compare(a.where, b.where), cmp.Compare(a.name, b.name)) })
	}
	return rows
}

// skipReason is why a test does nothing but skip itself: a text, or a constant
// of its file.
func skipReason(file *ast.File, fn *ast.FuncDecl) string {
	if fn.Body == nil || len(fn.Body.List) != 1 {
		return ""
	}
	stmt, ok := fn.Body.List[0].(*ast.ExprStmt)
	if !ok {
		return ""
	}
	call, ok := stmt.X.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return ""
	}
	if sel, ok := call.Fun.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Skip" {
		return ""
	}
	return textOf(file, call.Args[0])
}

// textOf is the value of a text, of a sum of them, or of a constant of the file.
func textOf(file *ast.File, e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		return text
	case *ast.BinaryExpr:
		return textOf(file, e.X) + textOf(file, e.Y)
	case *ast.Ident:
		for _, decl := range file.Decls {
			if gen, ok := decl.(*ast.GenDecl); ok && gen.Tok == token.CONST {
				for _, spec := range gen.Specs {
					if v := spec.(*ast.ValueSpec); v.Names[0].Name == e.Name && len(v.Values) > 0 {
						return textOf(file, v.Values[0])
					}
				}
			}
		}
	}
	return ""
}

// inWords makes "Cancel timer twice" of CancelTimerTwice; what is all capitals
// stays.
func inWords(name string) string {
	var b strings.Builder
	letters := []rune(name)
	for i, r := range letters {
		if i > 0 && unicode.IsUpper(r) {
			word := i+1 < len(letters) && unicode.IsLower(letters[i+1]) && letters[i+1] != 's' // IDs, FIFO
			if unicode.IsLower(letters[i-1]) || word {
				b.WriteByte(' ')
			}
			if word || i+1 < len(letters) && unicode.IsLower(letters[i+1]) && unicode.IsLower(letters[i-1]) {
				r = unicode.ToLower(r)
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// behavioursTable is BEHAVIOURS.md.
func behavioursTable(rows map[string][]shown) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Behaviours\n\nWhat the engine promises, and the tests that show it. D1 to D%d are decisions where engines differ. The names are those of the tests;\n"+
		"`go test ./orchestrator -run TestBehavioursTable -update` makes this table anew, and the test holds it to them.\n\n| | behaviour | test | package |\n|---|---|---|---|\n", decisionRows)
	for _, row := range allRows() {
		number := strings.TrimLeft(row, "0")
		if n, decision := strings.CutPrefix(row, "D"); decision {
			number = "D" + strings.TrimLeft(n, "0")
		}
		if len(rows[row]) == 0 {
			fmt.Fprintf(&b, "| %s | *not shown yet* | | |\n", number)
		}
		for _, s := range rows[row] {
			test := "`" + s.name + "`"
			if s.skipped != "" {
				test = "skipped: " + s.skipped
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", number, s.title, test, s.where)
			number = ""
		}
	}
	fmt.Fprintf(&b, "\n%d tests.\n", countTests(rows))
	return b.Bytes()
}

func countTests(rows map[string][]shown) (n int) {
	for list := range maps.Values(rows) {
		n += len(list)
	}
	return n
}
