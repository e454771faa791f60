package demo

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"unicode"
)

// sequential counts the words of a text in one go, in another way.
func sequential(text string) (words int, counts map[string]int) {
	counts = map[string]int{}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		letters := []rune(strings.Map(unicode.ToLower, word))
		counts[string(letters[:min(len(letters), maxWord)])]++
		words++
	}
	return words, counts
}

// texts are texts that are hard to count.
func texts() map[string]string {
	return map[string]string{
		"nothing":        "",
		"one word":       "word",
		"no words":       strings.Repeat(" .\n", 700),
		"no separator":   strings.Repeat("ab", 5000),
		"a long word":    "a " + strings.Repeat("é", 3000) + " b " + strings.Repeat("é", 64) + " " + strings.Repeat("é", 63),
		"wide letters":   strings.Repeat("日本語 Ünïcödé ȺȾ 𝔘𝔫 Straße ", 120),
		"no UTF-8":       strings.Repeat("a\xffb \xc3 \xe6\x97", 500) + "\xe6\x97",
		"made":           whole(madeText(3, 9_999, 512)),
		"ends in spaces": strings.Repeat("x", 511) + " " + strings.Repeat("y", 512) + strings.Repeat(" ", 512) + "z",
	}
}

func (o *office) counts(id string) (w wordCounts) {
	o.t.Helper()
	o.await(id, "done")
	o.do(200, "GET", "/api/jobs/"+id+"/result", "", &w)
	o.nothingLeft(id)
	return w
}

// same compares a result with a sequential count.
func (o *office) same(name string, got wordCounts, text string) {
	o.t.Helper()
	words, counts := sequential(text)
	if got.Words != words || got.Distinct != len(counts) || len(got.Top) != min(len(counts), topWords) {
		o.t.Errorf("%s: %d words, %d distinct, %d told; there are %d, %d", name, got.Words, got.Distinct, len(got.Top), words, len(counts))
	}
	least := 1 << 60
	for _, w := range got.Top {
		if counts[w.Word] != w.Count || w.Count > least {
			o.t.Errorf("%s: %q comes %d times, not %d", name, w.Word, counts[w.Word], w.Count)
		}
		least = w.Count
		delete(counts, w.Word)
	}
	for word, n := range counts {
		if n > least {
			o.t.Errorf("%s: %q comes %d times and is not told", name, word, n)
		}
	}
}

func TestWordCount(t *testing.T) {
	o := openOffice(t, nil)
	for name, text := range texts() {
		j := o.start(`{"kind":"wordcount","input":{"parallel":5}}`)
		if o.upload(j.ID, text) {
			got := o.counts(j.ID)
			if o.same(name, got, text); got.Bytes != int64(len(text)) || got.Counted != got.Chunks {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
	made := o.start(`{"kind":"wordcount","input":{"size":20000,"seed":5}}`)
	o.same("made", o.counts(made.ID), whole(madeText(5, 20_000, 512)))
}

// Chunks that fail once are done again; those that fail for good are told, and all
// others count.
func TestChunksThatFail(t *testing.T) {
	o := openOffice(t, nil)
	const size = 10_000 // 20 chunks, of which 3, 10 and 17 are unlucky
	made := madeText(9, size, 512)
	once := o.counts(o.start(`{"kind":"wordcount","input":{"size":10000,"seed":9,"fail":"once"}}`).ID)
	if o.same("once", once, whole(made)); once.Retried != 3 || len(once.Failures) != 0 {
		t.Errorf("that failed once: %+v", once)
	}
	j := o.start(`{"kind":"wordcount","input":{"size":10000,"seed":9,"fail":"always"}}`)
	always := o.counts(j.ID)
	var rest strings.Builder
	for n := range made.Chunks {
		if n%7 == 3 {
			rest.WriteString(strings.Repeat(" ", 512))
			continue
		}
		rest.Write(made.make(n))
	}
	o.same("always", always, rest.String())
	if len(always.Failures) != 3 || always.Failures[1].Chunk != 10 || !strings.Contains(always.Failures[1].Why, "fail") || always.Counted != 17 {
		t.Errorf("that failed always: %+v", always)
	}
	if p := o.await(j.ID, "done").Progress; p.Cells != "dddfddddddfddddddfdd" || p.Done != 20 {
		t.Errorf("it is shown as %+v", p)
	}
}

// Reducers share the words among them, whatever their number.
func TestReducers(t *testing.T) {
	for name, text := range texts() {
		words, counts := sequential(text)
		for _, size := range []int{4, 100, 512} {
			for _, reducers := range []int{1, 2, 32} {
				gotWords, got := inPieces(t, text, size, reducers)
				if gotWords != words || !maps.Equal(got, counts) {
					t.Errorf("%s in chunks of %d, %d reducers: %d words, not %d", name, size, reducers, gotWords, words)
				}
			}
		}
	}
}

// inPieces counts a text as jobs do.
func inPieces(t *testing.T, text string, size, reducers int) (words int, counts map[string]int) {
	t.Helper()
	var cut seam
	var stored [][]byte
	for rest := []byte(text); len(rest) > 0; {
		n := min(size, len(rest))
		if n < len(rest) {
			n = wholeLetters(rest[:n])
		}
		tally, ends := countWords(rest[:n])
		stored = append(stored, tally.encode())
		cut.add(ends)
		rest = rest[n:]
	}
	cut.close()
	counts = map[string]int{}
	for reducer := range reducers {
		sum := tally{}
		for _, b := range stored {
			must(t, sum.addEncoded(b, reducer, reducers))
		}
		for _, word := range cut.words {
			if bucketOf(word)%reducers == reducer {
				sum.add([]byte(word), 1)
			}
		}
		for word, n := range sum {
			counts[word] += *n
			words += *n
		}
	}
	return words, counts
}

func FuzzWords(f *testing.F) {
	for _, text := range texts() {
		f.Add(text, 7)
	}
	f.Fuzz(func(t *testing.T, text string, size int) {
		words, counts := sequential(text)
		got, gotCounts := inPieces(t, text, max(4, size%600), 4)
		if got != words || !maps.Equal(gotCounts, counts) {
			t.Fatalf("%q: %d words, not %d", text, got, words)
		}
	})
}

// The archive is gone through in several histories, and what is wrong is told.
func TestVerifyArchive(t *testing.T) {
	o := openOffice(t, &shelf{matches: 1500})
	j := o.start(`{"kind":"verify-archive","input":{"parallel":4,"fail":"once"}}`)
	o.await(j.ID, "done")
	var got verified
	o.do(200, "GET", "/api/jobs/"+j.ID+"/result", "", &got)
	if got.Matches != 1500 || got.Games != 1500 || got.Moves != 15_000 || got.Chunks != 150 || got.Retried != 21 || got.Bad != 30 || len(got.BadOnes) != 30 || len(got.Failures) != 0 {
		t.Errorf("it found %+v", got)
	}
	if got.BadOnes[0].Match != "" || got.BadOnes[1].Match != "match-50" || got.BadOnes[1].Why != "column 4 is full" {
		t.Errorf("it tells %+v", got.BadOnes[:2])
	}
	s, err := o.d.orchestrations.Status(j.ID)
	if must(t, err); s.Generation < 3 {
		t.Errorf("it was done in %d histories", s.Generation)
	}
	if p := o.await(j.ID, "done").Progress; p.Done != 150 || p.Total != 150 || strings.Count(p.Cells, "D") != 21 {
		t.Errorf("it is shown as %+v", p)
	}
	j = o.start(`{"kind":"verify-archive","input":{"fail":"always"}}`)
	o.await(j.ID, "done")
	o.do(200, "GET", "/api/jobs/"+j.ID+"/result", "", &got)
	if got.Failed != 21 || len(got.Failures) != 21 || got.Matches != 1290 {
		t.Errorf("with chunks that fail: %d matches, %s", got.Matches, fmt.Sprint(got.Failures))
	}
	empty := openOffice(t, &shelf{})
	j = empty.start(`{"kind":"verify-archive"}`)
	empty.await(j.ID, "done")
}
