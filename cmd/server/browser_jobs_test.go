package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// tourJobs brings a window to the pages of the jobs, in every state that looks different.
func tourJobs(s *site, see look) {
	w := s.window("worker")
	w.do(chromedp.Navigate(s.url + "/demo/job"))
	w.until(`document.querySelector("h1")`)
	see("job-empty", w)
	w.choose("Each step takes", "0")
	press(w, "Start a job")
	w.until(`document.querySelector(".job[data-state=done] .digest")`)
	w.choose("Each step takes", "2000")
	press(w, "Start a job")
	w.until(`document.querySelector(".job .runs")`)
	see("job", w, usual[0], usual[1], usual[2], projector)
	press(w, "Cancel")
	w.until(`document.querySelector(".job[data-state=cancelled]")`)
	see("job-cancelled", w)

	w.do(chromedp.Navigate(s.url + "/demo/fanout"))
	w.until(`document.querySelector("h1")`)
	see("fanout-empty", w)
	w.choose("Trouble", "always")
	w.choose("Each takes", "1000")
	press(w, "Count words")
	w.until(`document.querySelectorAll(".cells .done").length > 5`)
	see("fanout-running", w, usual[0], usual[1], usual[2], projector)
	w.until(`document.querySelectorAll(".top-words li").length === 20`)
	see("fanout", w, usual[0], usual[1], usual[2], projector)
	press(w, "Verify the archive")
	w.until(`document.querySelector(".outcome .match")`)
	see("fanout-archive", w)
}

// choose sets the select that has a label.
func (w *window) choose(label, value string) {
	w.t.Helper()
	w.until(`[...document.querySelectorAll("label")].some((l) => l.textContent.trim().startsWith(%s))`, label)
	eval[bool](w, `(([label, value]) => {
		const select = [...document.querySelectorAll("label")].find((l) => l.textContent.trim().startsWith(label)).querySelector("select");
		select.value = value;
		return select.dispatchEvent(new Event("change", { bubbles: true })) && select.value === value;
	})(%s)`, []string{label, value})
}

// TestBrowserJob: a job is killed half way and goes on where it was; the page says that the server is away, and back; a
// file is uploaded, and the browser computes the same digest.
func TestBrowserJob(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.window("worker")
	w.do(chromedp.Navigate(s.url + "/demo/job"))
	press(w, "Start a job")
	w.until(`document.querySelector(".job progress")?.value >= 2`)
	s.kill()
	w.until(`document.querySelector(".banner")?.textContent.includes("away")`)
	before := eval[int](w, `document.querySelector(".job progress").value`)
	s.restart()
	w.until(`!document.querySelector(".banner")`)
	w.until(`document.querySelector(".job[data-state=done] .digest")?.textContent.length === 64`)
	if before < 2 {
		t.Errorf("it was at step %d when it was killed", before)
	}
	eval[bool](w, `(() => {
		const files = new DataTransfer();
		files.items.add(new File(["word ".repeat(100_000)], "words.txt"));
		document.querySelector("input[type=file]").files = files.files;
		return true;
	})()`)
	w.choose("Each step takes", "0")
	press(w, "Upload it")
	w.until(`document.querySelector(".job .match")?.textContent.includes("Your browser computes the same")`)
	press(w, "Start a job")
	w.until(`document.querySelectorAll(".job").length === 3`)
	w.do(chromedp.Reload()) // the page finds its jobs again
	w.until(`document.querySelectorAll(".job[data-state=done]").length === 3`)
}

// TestBrowserFanout: the server is killed while chunks light up; what is lit stays lit, and the count is exact.
func TestBrowserFanout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.window("counter")
	w.do(chromedp.Navigate(s.url + "/demo/fanout"))
	w.choose("Trouble", "once")
	press(w, "Count words")
	w.until(`document.querySelectorAll(".cells .done, .cells .again").length >= 8`)
	s.kill()
	w.until(`document.querySelector(".banner")?.textContent.includes("away")`)
	lit := eval[[]int](w, `[...document.querySelectorAll(".cells i")].flatMap((c, i) => c.matches(".done, .again") ? [i] : [])`)
	s.restart()
	w.until(`!document.querySelector(".banner")`)
	w.until(`%s.every((i) => document.querySelectorAll(".cells i")[i].matches(".done, .again"))`, lit)
	w.until(`document.querySelector(".outcome .facts")?.textContent.includes("64 of 64")`)
	w.until(`document.querySelectorAll(".cells .done").length === 55 && document.querySelectorAll(".cells .again").length === 9`)
	w.choose("Trouble", "")
	press(w, "Verify the archive")
	w.until(`document.querySelector(".outcome")?.textContent.includes("Nobody has finished a match yet")`)

	press(w, "Count words")
	w.until(`document.querySelectorAll(".cells .done").length >= 4 && document.querySelector(".cells .runs")`)
	press(w, "Cancel")
	w.until(`document.querySelector("[data-state=cancelled] .cells")?.ariaLabel.endsWith(" left undone, " + document.querySelectorAll(".cells .done").length + " done")
		&& !document.querySelector(".cells .runs")`)
}
