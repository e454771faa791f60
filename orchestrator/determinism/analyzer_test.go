package determinism_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/everturn/everturn/orchestrator/determinism"
)

// Each line of the packages in testdata that is wrong says in a comment what is
// to be said of it; all others are fine.
func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), determinism.Analyzer, "example.com/app/...", "other.org/lib")
}

// Tests may do what is forbidden, to see it noticed.
func TestAnalyzerLeavesTestsAlone(t *testing.T) {
	flag := determinism.Analyzer.Flags.Lookup("tests").Value
	defer func() { _ = flag.Set("true") }()
	if err := flag.Set("false"); err != nil {
		t.Fatal(err)
	}
	analysistest.Run(t, analysistest.TestData(), determinism.Analyzer, "example.com/tested")
}
