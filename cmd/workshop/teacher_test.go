package workshop

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// minutes are the first cells of a table's rows in a section of a text, by what the second cell says.
func minutes(t *testing.T, file, section string) (sum int, by map[string]int) {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(source), "\n## "+section+"\n")
	if !found {
		t.Fatalf("%s has no section %s", file, section)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	by = map[string]int{}
	for _, row := range regexp.MustCompile(`(?m)^\| (\d+) \| ([^|]*) \|`).FindAllStringSubmatch(rest, -1) {
		n, err := strconv.Atoi(row[1])
		if err != nil {
			t.Fatal(err)
		}
		sum += n
		by[row[2]] = n
	}
	return sum, by
}

// TestScript: the times add up, and the script gives each step the time that its text says.
func TestScript(t *testing.T) {
	if sum, _ := minutes(t, "SCRIPT.md", "The talk"); sum != 45 {
		t.Errorf("the talk takes %d minutes, not 45", sum)
	}
	sum, by := minutes(t, "SCRIPT.md", "The workshop")
	if sum != 210 {
		t.Errorf("the workshop takes %d minutes, not half a day: 210", sum)
	}
	says := regexp.MustCompile(`(?m)^(\d+) minutes\. You need Go`)
	for _, step := range steps(t) {
		text := readText(t, step)
		found := says.FindStringSubmatch(text.source)
		title, _, _ := strings.Cut(strings.TrimPrefix(text.source, "# "), "\n")
		if found == nil {
			t.Errorf("%s does not say how long it takes, and what it needs", step)
			continue
		}
		if n, err := strconv.Atoi(found[1]); err != nil || n > 15 || by[title] < n {
			t.Errorf("%s takes %d minutes (at most 15), and the script gives %q %d", step, n, title, by[title])
		}
	}
}

// TestTextsAreWhole: each step's text has its parts, its place in the teacher's table, and from 3 to 6 actions.
func TestTextsAreWhole(t *testing.T) {
	teacher, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps(t) {
		source := readText(t, step).source
		for _, part := range []string{"\n## Do\n", "\nYou should see", "\n## Break it\n", "\n## What just happened\n", "\n## In Durable Functions' words\n"} {
			if !strings.Contains(source, part) {
				t.Errorf("%s lacks %q", step, part)
			}
		}
		if n := strings.Count(source, "\n### "); n < 3 || n > 6 {
			t.Errorf("%s has %d actions, not 3 to 6", step, n)
		}
		if !strings.Contains(string(teacher), "]("+step+"/README.md)") {
			t.Errorf("the teacher's page does not lead to %s", step)
		}
	}
}

// TestTextsRender: every text becomes a page, with nothing in it that a browser would run.
func TestTextsRender(t *testing.T) {
	list, err := Texts()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != len(steps(t))+len(beside) {
		t.Errorf("%d texts", len(list))
	}
	for _, text := range list {
		if text.Title == "" || !strings.HasPrefix(text.HTML, "<h1>") {
			t.Errorf("%s: %q, %.40q", text.Name, text.Title, text.HTML)
		}
		if odd := regexp.MustCompile(`(?i)<script|<img|<style|\son\w+=|javascript:|src=`).FindString(text.HTML); odd != "" {
			t.Errorf("%s has %q", text.Name, odd)
		}
		for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(text.HTML, -1) {
			if !strings.HasPrefix(link[1], "http://localhost:8080") && !strings.HasPrefix(link[1], "/workshop/") {
				t.Errorf("%s has a link to %s, which is no page of the server", text.Name, link[1])
			}
		}
	}
}
