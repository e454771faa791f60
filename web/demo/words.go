package demo

import (
	"bytes"
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWord is the most letters of a word that are looked at: words that begin with
// the same 64 letters are the same.
const maxWord = 64

// tally counts words: runs of letters and digits, in lower case.
type tally map[string]*int

func (t tally) add(word []byte, n int) {
	if count := t[string(word)]; count != nil {
		*count += n
		return
	}
	t[string(word)] = &n
}

// pieces are the words of a chunk. The chunk may have been cut out of the middle
// of words, so its first and its last are set apart: they may be ends of words
// that begin elsewhere.
type pieces struct {
	Words int    // whole ones
	Head  string // in front of the first separator
	Tail  string // behind the last
	Split bool   // there is a separator; else all is Head
}

// lowerASCII are the letters and digits of ASCII in lower case, and zero for all
// else there: most letters of most texts need no more than a look at it.
var lowerASCII = func() (table [utf8.RuneSelf]byte) {
	for c := range table {
		if r := rune(c); unicode.IsLetter(r) || unicode.IsDigit(r) {
			table[c] = byte(unicode.ToLower(r))
		}
	}
	return table
}()

// countWords counts the whole words of a chunk.
func countWords(chunk []byte) (tally, pieces) {
	t, p := tally{}, pieces{}
	word, letters := make([]byte, 0, maxWord*utf8.UTFMax), 0
	for at := 0; at < len(chunk); {
		if c := chunk[at]; c < utf8.RuneSelf && lowerASCII[c] != 0 {
			if letters++; letters <= maxWord {
				word = append(word, lowerASCII[c])
			}
			at++
			continue
		}
		r, n := utf8.DecodeRune(chunk[at:])
		at += n
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r): // what is not UTF-8 is neither
			if letters++; letters <= maxWord {
				word = utf8.AppendRune(word, unicode.ToLower(r))
			}
			continue
		case !p.Split:
			p.Head, p.Split = string(word), true
		case len(word) > 0:
			t.add(word, 1)
			p.Words++
		}
		word, letters = word[:0], 0
	}
	if p.Split {
		p.Tail = string(word)
	} else {
		p.Head = string(word)
	}
	return t, p
}

// seam puts the ends of words together again, chunk by chunk.
type seam struct {
	open  string   // the end of what came so far
	words []string // whole now
}

func (s *seam) add(p pieces) {
	s.open = shorten(s.open + p.Head)
	if p.Split {
		s.close()
		s.open = p.Tail
	}
}

// close ends the word that is open: with the text, or where a chunk is missing.
func (s *seam) close() {
	if s.open != "" {
		s.words = append(s.words, s.open)
	}
	s.open = ""
}

// shorten cuts a word to the letters that are looked at.
func shorten(word string) string {
	letters := 0
	for i := range word {
		if letters == maxWord {
			return word[:i]
		}
		letters++
	}
	return word
}

// buckets are how finely words are shared among reducers: there may be 1, 2, 4…
// up to so many of them.
const buckets = 32

// bucketOf is the bucket of a word, wherever it stands: so the reducer that has the
// bucket knows all there is about its words.
func bucketOf(word string) int {
	h := fnv.New32a()
	h.Write([]byte(word))
	return int(h.Sum32() % buckets)
}

// encode writes a tally down: a line for each bucket, of words in their order,
// those that come more than once with their number: "a:3 word". It is about as long
// as the words were, at most.
func (t tally) encode() []byte {
	var words [buckets][]string
	for word := range t {
		b := bucketOf(word)
		words[b] = append(words[b], word)
	}
	var b []byte
	for _, some := range words {
		slices.Sort(some)
		for i, word := range some {
			if i > 0 {
				b = append(b, ' ')
			}
			b = append(b, word...)
			if n := *t[word]; n > 1 {
				b = strconv.AppendInt(append(b, ':'), int64(n), 10)
			}
		}
		b = append(b, '\n')
	}
	return b
}

// addEncoded adds what was written down of the words that are one reducer's, of so
// many.
func (t tally) addEncoded(b []byte, reducer, reducers int) error {
	bucket := 0
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		if bucket++; (bucket-1)%reducers != reducer || len(line) == 0 {
			continue
		}
		for entry := range bytes.SplitSeq(line, []byte(" ")) {
			word, number, several := bytes.Cut(entry, []byte(":"))
			n := 1
			if several {
				var err error
				if n, err = strconv.Atoi(string(number)); err != nil {
					return err
				}
			}
			t.add(word, n)
		}
	}
	return nil
}

// frequency is how often a word comes.
type frequency struct {
	Word  string `json:"word"`
	Count int    `json:"count"`
}

// topWords is how many of the most frequent words are told.
const topWords = 50

// top are the most frequent words, the first in the alphabet where they are equal.
func (t tally) top() []frequency {
	all := make([]frequency, 0, len(t))
	for word, n := range t {
		all = append(all, frequency{word, *n})
	}
	return mostFrequent(all)
}

func mostFrequent(all []frequency) []frequency {
	slices.SortFunc(all, func(a, b frequency) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Word, b.Word))
	})
	return all[:min(len(all), topWords)]
}
