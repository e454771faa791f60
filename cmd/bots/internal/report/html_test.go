package report

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"regexp"
	"strings"
	"testing"
)

func samplePage(t *testing.T) string {
	var b strings.Builder
	if err := sample(t).WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestHTMLEscapes: what servers and players said is text, in the page as in its data.
func TestHTMLEscapes(t *testing.T) {
	page := samplePage(t)
	for _, raw := range []string{"<b>M1</b>", "killed </script>"} {
		if strings.Contains(page, raw) {
			t.Errorf("the page has %q as it came", raw)
		}
	}
	for _, text := range []string{"match &lt;b&gt;M1&lt;/b&gt;: move 17", "killed &lt;/script&gt;", `killed \u003c/script\u003e`} {
		if !strings.Contains(page, text) {
			t.Errorf("the page has no %q", text)
		}
	}
}

// TestHTMLAsksNobody: there is no address in the page that a browser would ask.
func TestHTMLAsksNobody(t *testing.T) {
	page := samplePage(t)
	if found := regexp.MustCompile(`(?i)(src|href|action)\s*=\s*["']?(https?:)?//|@import|url\(`).FindString(page); found != "" {
		t.Errorf("the page has %s", found)
	}
	if !strings.Contains(page, "default-src 'none'") {
		t.Error("the page does not forbid requests")
	}
}

func TestHTMLOfNothing(t *testing.T) {
	var b strings.Builder
	if err := (&Summary{Box: Box{Clean: true}}).WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Nothing lost, nothing doubled", "Nothing was timed.", "The server told nothing about itself."} {
		if !strings.Contains(b.String(), text) {
			t.Errorf("there is no %q", text)
		}
	}
}

// TestEveryChartIsDrawn: page.js and the page have the same charts.
func TestEveryChartIsDrawn(t *testing.T) {
	for _, c := range append(append([]chart{}, charts...), serverCharts...) {
		if !strings.Contains(pageFile("page.js"), "\n    "+c.ID+": {") {
			t.Errorf("page.js draws no %q", c.ID)
		}
		if !strings.HasSuffix(c.Text, ".") {
			t.Errorf("%s: %q is no sentence", c.ID, c.Text)
		}
	}
}

func TestUPlotIsUnmodified(t *testing.T) {
	readme, err := os.ReadFile("page/uplot/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"uPlot.iife.min.js", "uPlot.min.css"} {
		sum := sha256.Sum256([]byte(pageFile("uplot/" + name)))
		if !strings.Contains(string(readme), hex.EncodeToString(sum[:])) {
			t.Errorf("%s is not the file that page/uplot/README.md names", name)
		}
	}
}
