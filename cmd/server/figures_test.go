package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadmeListsTheMetrics: the table of metrics and /metrics agree, both ways, in name, kind and label, and the
// engine's figures are those of what was done.
func TestReadmeListsTheMetrics(t *testing.T) {
	c := startServer(t, newData(t), "--addr", "127.0.0.1:0")
	if code := post(t, c.url+"/api/players", `{"name":"Ann"}`); code != http.StatusCreated {
		t.Fatal(code)
	}
	body := scrape(t, c)
	readme, err := os.ReadFile(filepath.FromSlash("../../orchestrator/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(everturn_[a-z_]+)`(?: by ([a-z]+))? \\| (counter|gauge|histogram) \\|").FindAllStringSubmatch(string(readme), -1) {
		listed = append(listed, m[1]+" "+m[3]+" "+m[2])
	}
	slices.Sort(listed)
	if diff := cmp.Diff(slices.Compact(slices.Clone(listed)), served(string(body))); diff != "" {
		t.Errorf("orchestrator/README.md (-) and /metrics (+):\n%s", diff)
	}
	for _, name := range []string{"everturn_engine_turns_total", "everturn_engine_commits_total", "everturn_engine_instances"} {
		if n := strings.Count(string(body), "\n"+name+"{partition="); n != 32 {
			t.Errorf("%s has %d partitions, not 32", name, n)
		}
		if !regexp.MustCompile("(?m)^" + name + `\{partition="[0-9]+"\} [1-9]`).Match(body) {
			t.Errorf("no partition has any %s", name)
		}
	}
	for _, name := range []string{"turns", "rows", "bytes", "seconds"} {
		if !regexp.MustCompile("(?m)^everturn_engine_commit_" + name + "_count [1-9]").Match(body) {
			t.Errorf("the histogram of %s counts nothing", name)
		}
	}
}

// served are the metrics of the engine and the store in a text for Prometheus, with kind and label.
func served(body string) (list []string) {
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (everturn_(?:engine|store)_[a-z_]+) ([a-z]+)$`).FindAllStringSubmatch(body, -1) {
		label := ""
		if l := regexp.MustCompile(`(?m)^` + m[1] + `\{([a-z]+)=`).FindStringSubmatch(body); l != nil {
			label = l[1]
		}
		list = append(list, m[1]+" "+m[2]+" "+label)
	}
	slices.Sort(list)
	return list
}

// scrape is what a server says at /metrics.
func scrape(t *testing.T, c *child) []byte {
	t.Helper()
	r, err := http.Get(c.url + "/metrics") //nolint:noctx // of a child on loopback
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
