package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// durableClient names a folder in which npm has installed durable-functions: CI has one.
const durableClient = "EVERTURN_DURABLE_CLIENT"

// TestDurableFunctionsClient: the JavaScript client of Azure Durable Functions, as it comes from npm, works with a server.
func TestDurableFunctionsClient(t *testing.T) {
	modules := os.Getenv(durableClient)
	if modules == "" {
		t.Skipf("SKIPPED: %s does not name a folder with durable-functions: npm install --prefix FOLDER durable-functions@3.5.0", durableClient)
	}
	t.Parallel()
	server := startServer(t, newData(t), "--addr", "127.0.0.1:0", "--log-level", "warn")
	script, err := filepath.Abs("testdata/durable-client.cjs")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("node", script, modules, server.url).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
