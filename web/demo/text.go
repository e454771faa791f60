package demo

import (
	"math/rand/v2"
	"strings"
	"sync"
	"unicode"
)

// maxText is the most bytes of a text: 100 MiB.
const maxText = 100 << 20

// text is what a job is about: chunks of at most ChunkBytes, which lie side by
// side in it. Either it was uploaded, and is stored; or each chunk is made when it
// is wanted, always the same for a seed, so that nothing needs to be stored.
type text struct {
	Upload     bool   `json:"upload,omitempty"`
	Ready      bool   `json:"ready,omitempty"` // it was uploaded to its end
	Seed       uint64 `json:"seed,omitempty"`
	Bytes      int64  `json:"bytes"`
	Chunks     int    `json:"chunks"`
	ChunkBytes int    `json:"chunkBytes"`
}

// madeText is a text that is made.
func madeText(seed uint64, size int64, chunkBytes int) *text {
	chunks := (size + int64(chunkBytes) - 1) / int64(chunkBytes)
	return &text{Seed: seed, Bytes: size, Chunks: int(chunks), ChunkBytes: chunkBytes}
}

func (t *text) there() bool { return !t.Upload || t.Ready }

// make makes chunk n: words, as often as words of a language are, some of them
// capitals and some with accents. Between two chunks stands a word that begins in
// the one and ends in the other: whoever counts chunk by chunk has to see to it.
func (t *text) make(n int) []byte {
	size := min(int64(t.ChunkBytes), t.Bytes-int64(n)*int64(t.ChunkBytes))
	out := make([]byte, 0, size+64)
	if n > 0 {
		_, end := t.border(n)
		out = append(append(out, end...), ' ')
	}
	begin, _ := t.border(n + 1)
	words, chance := vocabulary(), rand.New(rand.NewPCG(t.Seed, uint64(n)))
	for line := 0; ; line++ {
		word := words[pick(chance, len(words))]
		if line%12 == 0 {
			word = capital(word)
		}
		if len(out)+len(word)+1+len(begin) > t.ChunkBytes {
			break
		}
		out = append(out, word...)
		if line%12 == 11 {
			out = append(out, '.', '\n')
			continue
		}
		out = append(out, ' ')
	}
	for len(out)+len(begin) < t.ChunkBytes {
		out = append(out, ' ')
	}
	return append(out, begin...)[:size]
}

// border is the word between chunks n-1 and n, cut in two where it may be.
func (t *text) border(n int) (begin, end string) {
	chance := rand.New(rand.NewPCG(^t.Seed, uint64(n)))
	words := vocabulary()
	for {
		word := words[pick(chance, len(words))]
		if len(word) > 1 && word[len(word)/2] < 0x80 {
			return word[:len(word)/2], word[len(word)/2:]
		}
	}
}

// pick draws a number below n, the small ones far more often.
func pick(chance *rand.Rand, n int) int {
	f := chance.Float64()
	return int(f * f * f * float64(n))
}

func capital(word string) string {
	r := []rune(word)
	r[0] = unicode.ToUpper(r[0])
	return string(r)
}

// common words, the most common first.
const common = `the of and to in a is that it was for on are as with his they at be this from i have or by one had not but
what all were when we there can an your which their said if do will each about how up out them then she many some so these
would other into has more her two like him see time could no make than first been its who now people my made over did down
only way find use may water long little very after words called just where most know`

// vocabulary are some 4,000 words: the common ones, and rare ones put together of
// syllables.
var vocabulary = sync.OnceValue(func() []string {
	words := strings.Fields(common)
	syllables := strings.Fields("ba cé da fo gu hä in jo ka lu mi né or pa qui ra sü ta um vo wi xe yl zo")
	chance := rand.New(rand.NewPCG(4000, 1))
	for len(words) < 4000 {
		var word strings.Builder
		for range 2 + chance.IntN(3) {
			word.WriteString(syllables[chance.IntN(len(syllables))])
		}
		words = append(words, word.String())
	}
	return words
})
