package report

import "github.com/everturn/everturn/cmd/bots/internal/measure"

// Point is a stretch of the play, about a second. What is not known is null: the
// latency while nothing moved, the server's figures while it was away.
type Point struct {
	At   float64 `json:"at_ms"` // its end, since the start
	Span float64 `json:"span_ms"`

	Bots       int64    `json:"bots"`
	Moves      float64  `json:"moves_per_second"`
	AckP50     *float64 `json:"ack_p50_ms"`
	AckP90     *float64 `json:"ack_p90_ms"`
	AckP99     *float64 `json:"ack_p99_ms"`
	AckMax     *float64 `json:"ack_max_ms"`
	ScreenP50  *float64 `json:"screen_p50_ms"`
	ScreenP99  *float64 `json:"screen_p99_ms"`
	Finished   int64    `json:"finished"`
	Connects   int64    `json:"connects"`
	Reconnects int64    `json:"reconnects"`
	Nacks      int64    `json:"nacks"`
	Closes     int64    `json:"closes"`
	Failures   int64    `json:"failures"`
	Faults     int64    `json:"faults"`

	ServerMemory     *float64 `json:"server_memory_bytes"`
	ServerGoroutines *float64 `json:"server_goroutines"`
	ServerCPU        *float64 `json:"server_cpu_cores"`
	TurnsPerCommit   *float64 `json:"turns_per_commit"`
	BytesPerCommit   *float64 `json:"bytes_per_commit"`
	Commit           *float64 `json:"commit_ms"`

	TesterCPU float64  `json:"tester_cpu_cores"`
	Idle      *float64 `json:"machine_idle"`
}

// Note is something that happened to the run: the server was killed.
type Note struct {
	At   float64 `json:"at_ms"`
	Text string  `json:"text"`
}

// point makes a Point of what is new.
func point(s *measure.Snapshot, server serverLog, from, to usage) Point {
	seconds := s.Span.Seconds()
	p := Point{
		At: millis(s.At), Span: millis(s.Span), Bots: s.Bots, Moves: round(float64(s.Since.Moves) / seconds),
		Finished: s.Since.Finished, Connects: s.Since.Connect.Count(), Reconnects: s.Since.Back.Count(),
		Nacks: s.Since.Nacks, Closes: s.Since.Closes, Failures: s.Since.Failures, Faults: s.Since.Faults,
	}
	p.TesterCPU, p.Idle = to.since(from)
	p.TesterCPU = round(p.TesterCPU)
	if p.Idle != nil {
		p.Idle = known(*p.Idle)
	}
	if ack := s.Since.Ack; ack.Count() > 0 {
		p.AckP50, p.AckP90 = known(millis(ack.At(50))), known(millis(ack.At(90)))
		p.AckP99, p.AckMax = known(millis(ack.At(99))), known(millis(ack.Max()))
	}
	if screen := s.Since.Screen; screen.Count() > 0 {
		p.ScreenP50, p.ScreenP99 = known(millis(screen.At(50))), known(millis(screen.At(99)))
	}
	if server.answers > 0 {
		f := server.counted
		p.ServerMemory, p.ServerGoroutines, p.ServerCPU = known(f.Memory), known(f.Goroutines), known(f.CPU/server.seconds)
		p.TurnsPerCommit, p.BytesPerCommit, p.Commit = known(f.CommitTurns.mean()), known(f.CommitBytes.mean()), known(f.CommitSeconds.mean()*1000)
	}
	return p
}
