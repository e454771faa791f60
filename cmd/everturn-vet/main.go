// Command everturn-vet finds what orchestrations and entity operations may not
// do, since a replay would not repeat it: see package determinism.
//
//	go install github.com/everturn/everturn/cmd/everturn-vet@latest
//	go vet -vettool=$(which everturn-vet) ./...
package main

import (
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/everturn/everturn/orchestrator/determinism"
)

func main() { unitchecker.Main(determinism.Analyzer) }
