// Package report shows a run of bots to people and to programs: a display that
// is redrawn while they play, plain lines where there is no terminal, and at
// the end a Summary, as text, as JSON (README.md has its fields), as one HTML
// page, and as an exit code.
//
// Run starts a Watch. A goroutine of its own takes a measure.Snapshot and asks
// the system every second, and draws twice a second; another asks the server
// for its figures, so that a server that hangs holds up nothing. The play lasts until the
// context of Run ends: rates and the timeline are of the play. What is counted
// afterwards, while bots leave and records are checked, counts all the same.
//
//	w := report.Run(ctx, report.Options{Recorder: r, Out: os.Stderr, Server: &report.Server{URL: url}, Scenario: "pairs"})
//	play(ctx, r)     // until ctx ends
//	checkRecords(r)
//	s := w.Finish()
//	s.WriteText(os.Stdout)
//	os.Exit(s.ExitCode())
package report
