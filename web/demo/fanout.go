package demo

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/orchestrator"
)

// Two kinds of jobs (see job.go) that go through much data: cut it into chunks, do
// the chunks side by side (fan-out), put together what came of them (fan-in).
//
// "wordcount" counts the words of a text of up to 100 MB. An activity counts one
// chunk and stores what it found; others, the reducers, add up, each for some of
// the words. No step sees more than a chunk and its own words, so that memory does
// not grow with the text. An activity may be done twice, if the server is killed in
// the middle of it; but it stores the same under the same name, and its result is
// taken into the history once. So each chunk counts once.
//
// "verify-archive" plays every finished match again, by today's rules. Nobody knows
// how many there are, so a history goes through some thousands of matches and hands
// on to the next.
//
// Chunks that fail do not hold up the others: they are listed at the end.
type fanOut struct {
	count  *orchestrator.Activity[countStep, counted]
	reduce *orchestrator.Activity[reduceStep, reduced]
	size   *orchestrator.Activity[orchestrator.None, int]
	page   *orchestrator.Activity[pageStep, pageOfMatches]
	verify *orchestrator.Activity[verifyStep, verifiedSome]
}

func (d *Jobs) newFanOut(again orchestrator.ActivityOption) fanOut {
	return fanOut{
		count:  orchestrator.DefineActivity("wordcount-chunk", d.doCount, again),
		reduce: orchestrator.DefineActivity("wordcount-reduce", d.doReduce, again),
		size:   orchestrator.DefineActivity("archive-size", d.doArchiveSize, again),
		page:   orchestrator.DefineActivity("archive-page", d.doArchivePage, again),
		verify: orchestrator.DefineActivity("archive-verify", d.doVerify, again),
	}
}

func (f *fanOut) definitions() []orchestrator.Definition {
	return []orchestrator.Definition{f.count, f.reduce, f.size, f.page, f.verify}
}

// The ways in which chunks fail, as the page has a switch for them.
const (
	failOnce   = "once"   // and succeed at the second attempt
	failAlways = "always" // and are given up after the third
)

// work is the part of a chunk's work that is for show: it takes its time, and every
// seventh chunk fails, if that is what was asked for.
func work(ctx context.Context, unit, pace int, fail string) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(pace) * time.Millisecond):
	}
	unlucky := unit%7 == 3
	if unlucky && (fail == failAlways || fail == failOnce && orchestrator.InfoOf(ctx).Attempt == 1) {
		return errors.New("it was asked to fail")
	}
	return nil
}

// chunkFailure is a chunk that was given up.
type chunkFailure struct {
	Chunk int    `json:"chunk"`
	Why   string `json:"why"`
}

// --- Counting words.

type countStep struct {
	Job  string `json:"job"`
	Text text   `json:"text"`
	N    int    `json:"n"`
	Pace int    `json:"pace,omitempty"`
	Fail string `json:"fail,omitempty"`
}

// counted is what the history keeps of a chunk: what its neighbours must know, not
// its words.
type counted struct {
	Pieces  pieces `json:"pieces"`
	Bytes   int    `json:"bytes"`
	Stored  int    `json:"stored"` // bytes of the tally
	Attempt int    `json:"attempt"`
}

func (c counted) size() int64  { return int64(c.Bytes) }
func (c counted) attempt() int { return c.Attempt }

type reduceStep struct {
	Job      string   `json:"job"`
	Chunks   int      `json:"chunks"`
	Missing  []int    `json:"missing,omitempty"` // chunks that were given up
	Seams    []string `json:"seams"`             // words that stand across chunks
	Reducer  int      `json:"reducer"`
	Reducers int      `json:"reducers"`
}

type reduced struct {
	Words    int         `json:"words"`
	Distinct int         `json:"distinct"`
	Top      []frequency `json:"top"`
}

// wordCounts is the result.
type wordCounts struct {
	Bytes    int64          `json:"bytes"`  // of the text
	Chunks   int            `json:"chunks"` // of the text
	Counted  int            `json:"counted"`
	Retried  int            `json:"retried"`
	Words    int            `json:"words"`
	Distinct int            `json:"distinct"`
	Top      []frequency    `json:"top"`
	Failures []chunkFailure `json:"failures"` // their words are missing
	Millis   int64          `json:"millis"`   // from the first chunk on, outages included
}

// storedPerReducer is how much of what was counted one reducer should have to
// remember, in bytes.
const storedPerReducer = 4 << 20

func (d *Jobs) wordCount(c *orchestrator.Context, b *board, in order) (any, *order, error) {
	started := c.Now()
	out := wordCounts{Bytes: in.Text.Bytes, Chunks: in.Text.Chunks, Top: []frequency{}, Failures: []chunkFailure{}}

	// Fan out.
	b.begin("counting", "chunks", in.Text.Chunks)
	chunks, err := each(b, 0, in.Text.Chunks, in.Parallel, func(n int) *orchestrator.Future[counted] {
		return d.fan.count.Go(c, countStep{c.InstanceID(), *in.Text, n, in.Pace, in.Fail})
	})
	if err != nil {
		return nil, nil, err
	}

	// Fan in: first the words that were cut in two, then all others.
	var cut seam
	step := reduceStep{Job: c.InstanceID(), Chunks: in.Text.Chunks}
	stored := 0
	for n, chunk := range chunks {
		if chunk.Err != nil {
			cut.close()
			step.Missing = append(step.Missing, n)
			out.Failures = append(out.Failures, chunkFailure{n, messageOf(chunk.Err)})
			continue
		}
		cut.add(chunk.Value.Pieces)
		stored += chunk.Value.Stored
		out.Counted++
		if chunk.Value.Attempt > 1 {
			out.Retried++
		}
	}
	cut.close()
	step.Seams, step.Reducers = cut.words, 1
	for step.Reducers < buckets && stored > step.Reducers*storedPerReducer {
		step.Reducers *= 2
	}
	b.say("running", "adding up")
	reducers := make([]int, step.Reducers)
	for i := range reducers {
		reducers[i] = i
	}
	const atOnce = 2 // each remembers its words
	sums, err := orchestrator.Each(c, reducers, atOnce, func(n int) *orchestrator.Future[reduced] {
		mine := step
		mine.Reducer = n
		return track(b, d.fan.reduce.Go(c, mine))
	})
	if err != nil {
		return nil, nil, err
	}
	for _, sum := range sums {
		out.Words += sum.Words
		out.Distinct += sum.Distinct
		out.Top = append(out.Top, sum.Top...)
	}
	out.Top = mostFrequent(out.Top)
	out.Millis = c.Now().Sub(started).Milliseconds()
	return out, nil, nil
}

// doCount counts a chunk.
func (d *Jobs) doCount(ctx context.Context, in countStep) (counted, error) {
	if err := work(ctx, in.N, in.Pace, in.Fail); err != nil {
		return counted{}, err
	}
	part, err := d.read(in.Job, in.Text, in.N)
	if err != nil {
		return counted{}, err
	}
	words, ends := countWords(part)
	found := words.encode()
	if _, err := chunkPut.Do(ctx, d.entities.Load(), partKey(in.Job, in.N), found); err != nil {
		return counted{}, err
	}
	return counted{ends, len(part), len(found), orchestrator.InfoOf(ctx).Attempt}, nil
}

// doReduce adds up what was counted of the words that fall to it.
func (d *Jobs) doReduce(ctx context.Context, in reduceStep) (reduced, error) {
	all := tally{}
	for _, word := range in.Seams {
		if bucketOf(word)%in.Reducers == in.Reducer {
			all.add([]byte(word), 1)
		}
	}
	for n := range in.Chunks {
		if _, missing := slices.BinarySearch(in.Missing, n); missing {
			continue
		}
		found, err := d.stored(partKey(in.Job, n))
		if err == nil {
			err = all.addEncoded(found, in.Reducer, in.Reducers)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return reduced{}, err
		}
	}
	out := reduced{Distinct: len(all), Top: all.top()}
	for _, n := range all {
		out.Words += *n
	}
	return out, nil
}

// --- Verifying the archive.

// Archive is where the finished matches are; the desk of the games is one.
type Archive interface {
	// Finished gives the ids of some matches that have ended, public or not, and
	// where to go on; "" is the beginning, and the end.
	Finished(cursor string, limit int) (ids []string, next string, err error)
	// Verify plays a match again, and says what is wrong with it, if anything.
	Verify(id string) (game.Verified, error)
}

// verified is the result, and how far it is on the way there.
type verified struct {
	Matches  int            `json:"matches"`
	Games    int            `json:"games"`
	Moves    int            `json:"moves"`
	Bad      int            `json:"bad"` // matches
	BadOnes  []badMatch     `json:"badMatches"`
	Chunks   int            `json:"chunks"`
	Retried  int            `json:"retried"`
	Failed   int            `json:"failed"`   // chunks that were given up: their matches are not verified
	Failures []chunkFailure `json:"failures"` // the first of them
	Millis   int64          `json:"millis"`

	// Between two histories.
	Cursor  string `json:"cursor,omitempty"`
	Started int64  `json:"started,omitempty"`
	Cells   string `json:"cells,omitempty"`
	Chunk   int    `json:"chunk,omitempty"` // matches of one
}

// badMatch is a match that cannot be played again. One that is private has no id
// here.
type badMatch struct {
	Match string `json:"match,omitempty"`
	Why   string `json:"why"`
}

type pageStep struct {
	Cursor string `json:"cursor"`
	Limit  int    `json:"limit"`
}

type pageOfMatches struct {
	IDs  []string `json:"ids"`
	Next string   `json:"next"`
}

type verifyStep struct {
	N    int      `json:"n"`
	IDs  []string `json:"ids"`
	Pace int      `json:"pace,omitempty"`
	Fail string   `json:"fail,omitempty"`
}

type verifiedSome struct {
	Matches int        `json:"matches"`
	Games   int        `json:"games"`
	Moves   int        `json:"moves"`
	Bad     []badMatch `json:"bad,omitempty"`
	Attempt int        `json:"attempt"`
}

func (v verifiedSome) size() int64  { return 0 }
func (v verifiedSome) attempt() int { return v.Attempt }

const (
	fewestMatches     = 10  // of a chunk
	mostCells         = 800 // chunks, about
	chunksAGeneration = 64
	mostListed        = 100 // bad matches, and failures
)

func (d *Jobs) verifyArchive(c *orchestrator.Context, b *board, in order) (any, *order, error) {
	out := in.Archive
	if out == nil {
		b.say("running", "looking how many there are")
		total, err := d.fan.size.Call(c, orchestrator.None{})
		if err != nil {
			return nil, nil, err
		}
		out = &verified{Started: c.Now().UnixMilli(), Chunk: max(fewestMatches, total/mostCells), BadOnes: []badMatch{}, Failures: []chunkFailure{}}
		b.begin("verifying", "chunks", (total+out.Chunk-1)/out.Chunk)
	} else {
		b.resume("verifying", "chunks", out.Cells)
	}
	page, err := d.fan.page.Call(c, pageStep{out.Cursor, chunksAGeneration * out.Chunk})
	if err != nil {
		return nil, nil, err
	}
	chunks := slices.Collect(slices.Chunk(page.IDs, out.Chunk))
	first := out.Chunks
	b.room(first + len(chunks)) // some matches may have ended meanwhile
	done, err := each(b, first, first+len(chunks), in.Parallel, func(n int) *orchestrator.Future[verifiedSome] {
		return d.fan.verify.Go(c, verifyStep{n, chunks[n-first], in.Pace, in.Fail})
	})
	if err != nil {
		return nil, nil, err
	}
	for i, some := range done {
		out.add(first+i, some)
	}
	out.Cursor, out.Cells = page.Next, string(b.cells)
	if page.Next != "" {
		in.Archive = out
		return nil, &in, nil
	}
	out.Millis = c.Now().UnixMilli() - out.Started
	out.Cells, out.Started, out.Chunk = "", 0, 0
	return out, nil, nil
}

func (v *verified) add(n int, some orchestrator.Settled[verifiedSome]) {
	v.Chunks++
	if some.Err != nil {
		v.Failed++
		if len(v.Failures) < mostListed {
			v.Failures = append(v.Failures, chunkFailure{n, messageOf(some.Err)})
		}
		return
	}
	v.Matches += some.Value.Matches
	v.Games += some.Value.Games
	v.Moves += some.Value.Moves
	v.Bad += len(some.Value.Bad)
	v.BadOnes = append(v.BadOnes, some.Value.Bad...)
	v.BadOnes = v.BadOnes[:min(len(v.BadOnes), mostListed)]
	if some.Value.Attempt > 1 {
		v.Retried++
	}
}

func (d *Jobs) doArchiveSize(ctx context.Context, _ orchestrator.None) (n int, err error) {
	for cursor := ""; ; {
		ids, next, err := d.archive.Finished(cursor, 1000)
		if n += len(ids); err != nil || next == "" {
			return n, err
		}
		if cursor = next; ctx.Err() != nil {
			return n, ctx.Err()
		}
	}
}

func (d *Jobs) doArchivePage(ctx context.Context, in pageStep) (p pageOfMatches, err error) {
	p.Next = in.Cursor
	for {
		ids, next, err := d.archive.Finished(p.Next, min(in.Limit-len(p.IDs), 1000))
		p.IDs, p.Next = append(p.IDs, ids...), next
		if err != nil || next == "" || len(p.IDs) >= in.Limit {
			return p, err
		}
		if ctx.Err() != nil {
			return p, ctx.Err()
		}
	}
}

// doVerify plays some matches again.
func (d *Jobs) doVerify(ctx context.Context, in verifyStep) (out verifiedSome, err error) {
	if err := work(ctx, in.N, in.Pace, in.Fail); err != nil {
		return out, err
	}
	out.Attempt = orchestrator.InfoOf(ctx).Attempt
	for _, id := range in.IDs {
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		match, err := d.archive.Verify(id)
		if err != nil {
			return out, err
		}
		out.Matches, out.Games, out.Moves = out.Matches+1, out.Games+match.Games, out.Moves+match.Moves
		if match.Wrong != "" {
			bad := badMatch{Why: match.Wrong}
			if !match.Private {
				bad.Match = id
			}
			out.Bad = append(out.Bad, bad)
		}
	}
	return out, nil
}
