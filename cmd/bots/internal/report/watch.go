package report

import (
	"cmp"
	"context"
	"io"
	"sync"
	"time"

	"github.com/everturn/everturn/cmd/bots/internal/measure"
)

// Options are what a Watch needs. Recorder must be given.
type Options struct {
	Recorder *measure.Recorder
	// Out gets the display, if it is a terminal, else plain lines. Nil: nothing.
	Out io.Writer
	// Server is asked for its figures; nil: nobody is.
	Server Scraper
	// Scenario and Settings say in the summary what was run.
	Scenario string
	Settings []Setting
	// Duration of the play, as planned; 0 if that is not known.
	Duration time.Duration
	// Required are the thresholds of the run.
	Required []Requirement
	// Every is the distance of the timeline's points; 0 is a second. The display
	// is redrawn twice as often.
	Every time.Duration
	// Lines is the distance of plain lines; 0 is 5 s.
	Lines time.Duration
}

// Watch shows a run and remembers it. Its methods may be called concurrently.
type Watch struct {
	o        Options
	server   *follower
	usage    func() usage
	finish   chan struct{} // closed by Finish
	finished chan struct{} // closed when the goroutine has ended
	once     sync.Once

	mu    sync.Mutex
	notes []Note
	told  int // notes that the display has shown

	// Of the goroutine, and of Finish when it has ended:
	began   usage
	until   usage // of the last point
	played  measure.Snapshot
	points  []Point
	display display
}

// Run starts to watch a play, which lasts until the context ends. Finish must
// be called.
func Run(ctx context.Context, o Options) *Watch {
	return run(ctx, o, measureUsage, newDisplay(o.Out))
}

func run(ctx context.Context, o Options, usage func() usage, d display) *Watch {
	o.Every, o.Lines = cmp.Or(o.Every, time.Second), cmp.Or(o.Lines, 5*time.Second)
	w := &Watch{o: o, usage: usage, finish: make(chan struct{}), finished: make(chan struct{}), display: d}
	w.began = usage()
	w.until = w.began
	ctx, played := context.WithCancel(ctx)
	w.server = follow(ctx, o.Server, o.Every)
	go w.watch(ctx, played)
	return w
}

// watch is the goroutine. When the play has ended it only keeps the display.
func (w *Watch) watch(ctx context.Context, played context.CancelFunc) {
	defer close(w.finished)
	defer w.display.clear()
	tick := time.NewTicker(w.o.Every / 2)
	defer tick.Stop()
	playing := ctx.Done()
	for n := 1; ; n++ {
		select {
		case <-tick.C:
			if n%2 == 0 && playing != nil {
				w.point(w.server.take)
			}
			w.draw(playing != nil)
		case <-playing:
			playing = nil
			w.endPlay()
		case <-w.finish:
			if played(); playing != nil {
				w.endPlay()
			}
			return
		}
	}
}

// endPlay adds the last point, with the server's last answer, which may take
// longer than the play.
func (w *Watch) endPlay() {
	w.point(func() serverLog {
		<-w.server.stopped
		return w.server.take()
	})
}

// point adds what is new to the timeline. The rest that is left at the end is
// too short for a rate, unless there is nothing else.
func (w *Watch) point(server func() serverLog) {
	now := w.usage()
	w.played = w.o.Recorder.Snapshot()
	p := point(&w.played, server(), w.until, now)
	if w.until = now; w.played.Span >= w.o.Every/2 || len(w.points) == 0 {
		w.points = append(w.points, p)
	}
}

// Note remembers that something happened to the run, and shows it.
func (w *Watch) Note(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notes = append(w.notes, Note{At: millis(time.Since(w.o.Recorder.Started())), Text: text})
}

// newNotes are those that were not shown yet.
func (w *Watch) newNotes() []Note {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.notes[w.told:]
	w.told = len(w.notes)
	return list
}

func (w *Watch) allNotes() []Note {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Note{}, w.notes...)
}

// Finish ends the watch, clears the display, and tells how the run went.
func (w *Watch) Finish() *Summary {
	w.once.Do(func() { close(w.finish) })
	<-w.finished
	end := w.o.Recorder.Snapshot()
	played := w.played.At
	s := &Summary{
		Schema: Schema, Scenario: w.o.Scenario, Settings: append([]Setting{}, w.o.Settings...), Started: end.Start.UTC().Round(time.Millisecond),
		Duration: millis(end.At), Played: millis(played),
		Bots:    Bots{end.MostBots},
		Matches: Matches{end.Total.Started, end.Total.Finished, end.Total.Aborted},
		Moves:   Moves{end.Total.Moves, round(float64(w.played.Total.Moves) / played.Seconds()), median(w.points)},
		Times: AllTimes{
			Ack: timesFrom(end.Total.Ack), Screen: timesFrom(end.Total.Screen), Watcher: timesFrom(end.Total.Watcher),
			Connect: timesFrom(end.Total.Connect), Reconnect: timesFrom(end.Total.Back),
		},
		Errors: end.Total.Errors(), Nacks: end.Nacks, Closes: end.Closes, Failures: end.Failures,
		Bytes: Bytes{
			end.Total.BytesIn, end.Total.BytesOut, perMove(end.Total.BytesIn, end.Total.Moves), perMove(end.Total.BytesOut, end.Total.Moves),
		},
		Server: serverSummary(w.server.all, w.played.Total.Moves),
		Box:    boxFrom(&end.Box), Required: []Verdict{}, Notes: w.allNotes(), Timeline: append([]Point{}, w.points...),
	}
	serverCores := 0.0
	if s.Server != nil {
		serverCores = s.Server.CPUCores
	}
	s.Tester = testerOf(w.began, w.until, serverCores)
	for _, r := range w.o.Required {
		s.Required = append(s.Required, r.judge(s))
	}
	s.Exit = s.ExitCode()
	return s
}
