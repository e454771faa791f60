// Command goroutines finds go statements in turn code, which no ready-made linter forbids. Only the kernel and its stores
// start goroutines: above them everything is a function of its arguments, or a replay would not repeat it.
//
//	go run .ci/goroutines.go game entities orchestrator
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// exempt are the places that may start goroutines: the one package of concurrency with its stores; the game test suite,
// which runs callers side by side; the worker of activities, which is no turn code and leaves a stuck one behind; and what
// the determinism analyzer is tested on.
var exempt = []string{"orchestrator/durable", "game/gametest", "orchestrator/worker.go", "orchestrator/determinism/testdata"}

func main() {
	var found int
	for _, root := range os.Args[1:] {
		n, err := search(root)
		if err != nil {
			fmt.Fprintln(os.Stderr, "goroutines:", err)
			os.Exit(2)
		}
		found += n
	}
	if found > 0 {
		os.Exit(1)
	}
}

// search reports the go statements below root and returns how many there are. A root that does not exist has none.
func search(root string) (found int, err error) {
	if _, err := os.Stat(root); os.IsNotExist(err) {
		return 0, nil
	}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && isExempt(path):
			return filepath.SkipDir
		case isExempt(path), entry.IsDir(), !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
			return nil
		}
		n, err := searchFile(path)
		found += n
		return err
	})
	return found, err
}

func searchFile(path string) (found int, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return 0, err
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if statement, ok := node.(*ast.GoStmt); ok {
			fmt.Printf("%s: starts a goroutine, but concurrency lives in orchestrator/durable only\n", files.Position(statement.Pos()))
			found++
		}
		return true
	})
	return found, nil
}

func isExempt(path string) bool {
	for _, folder := range exempt {
		if filepath.ToSlash(path) == folder {
			return true
		}
	}
	return false
}
