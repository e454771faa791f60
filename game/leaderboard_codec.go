package game

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// A leaderboard is written anew with every rated game that is settled. As JSON
// that would be most of what a settlement costs.

// boardFormat is the first byte of an encoded leaderboard.
const boardFormat = 1

var errBoard = errors.New("game: a leaderboard cannot be read: it is cut short")

// AppendState is the stored form (see [entities.StateCodec]).
func (s *boardState) AppendState(b []byte) ([]byte, error) {
	const usual = 80 // bytes of a place
	if b == nil {
		b = make([]byte, 0, 4+usual*len(s.Places))
	}
	b = binary.AppendUvarint(append(b, boardFormat), uint64(len(s.Places)))
	for i := range s.Places {
		p := &s.Places[i]
		b = appendText(appendText(b, p.Player), p.Name)
		for _, x := range []float64{p.Rating.Rating, p.Deviation, p.Volatility} {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
		b = binary.AppendUvarint(b, uint64(p.Games))
		b = binary.AppendVarint(b, p.Last)
		b = binary.AppendUvarint(b, p.Told)
	}
	return b, nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// LoadState reads the stored form.
func (s *boardState) LoadState(b []byte) error {
	if len(b) == 0 || b[0] != boardFormat {
		return fmt.Errorf("game: a leaderboard cannot be read: it is not of format %d", boardFormat)
	}
	r := boardReader{b: b[1:]}
	n := r.uint()
	if n > uint64(len(b)) {
		return errBoard
	}
	s.Places = make([]place, n)
	for i := range s.Places {
		p := &s.Places[i]
		p.Player, p.Name = r.text(), r.text()
		p.Rating = Rating{Rating: r.float(), Deviation: r.float(), Volatility: r.float()}
		p.Games, p.Last, p.Told = int(r.uint()), r.int(), r.uint()
	}
	if r.bad || len(r.b) > 0 {
		return errBoard
	}
	return nil
}

// boardReader reads what AppendState wrote. After the first thing that cannot be
// read, all is zero.
type boardReader struct {
	b   []byte
	bad bool
}

// take takes n bytes.
func (r *boardReader) take(n int) []byte {
	if r.bad = r.bad || n > len(r.b); r.bad {
		return nil
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *boardReader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	r.number(n)
	return v
}

func (r *boardReader) int() int64 {
	v, n := binary.Varint(r.b)
	r.number(n)
	return v
}

// number takes the n bytes of a number, of which there must be some.
func (r *boardReader) number(n int) {
	if n <= 0 {
		r.bad, r.b = true, nil
		return
	}
	r.take(n)
}

func (r *boardReader) text() string {
	return string(r.take(int(min(r.uint(), math.MaxInt32))))
}

func (r *boardReader) float() float64 {
	b := r.take(8)
	if b == nil {
		return 0
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b))
}
