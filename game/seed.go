package game

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
)

// Seed is where all chance of a match comes from: 32 random bytes made at the
// door. Rules get one derived for their game, and derive further ones for each
// thing that chance decides. A derived seed tells nothing about the one it
// came from, nor about its sisters; so the seed of a finished game may be
// published while the match goes on.
type Seed [32]byte

// Game is the seed of the n-th game of a match, counted from 1.
func (s Seed) Game(n int) Seed { return s.Derive("game", n) }

// Derive gives the seed for one use: HMAC-SHA256 with s as the key over the
// label and the number. Rules label by what is decided (a seat, a round), not
// by how many random numbers were drawn before, so that the order in which
// seats choose cannot matter.
func (s Seed) Derive(label string, n int) Seed {
	mac := hmac.New(sha256.New, s[:])
	// hash.Hash never returns an error. The number has a fixed size, so no
	// label and number can be read as another pair.
	mac.Write(binary.BigEndian.AppendUint64([]byte(label), uint64(n)))
	return Seed(mac.Sum(nil))
}

// Rand is a random source that gives the same numbers for the same seed on
// every machine. Each call starts anew.
func (s Seed) Rand() *rand.Rand { return rand.New(rand.NewChaCha8(s)) }

// String keeps the seed out of logs and error texts; MarshalText has it.
func (Seed) String() string { return "seed(hidden)" }

// MarshalText writes the seed in hex, for records and stored setups.
func (s Seed) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, s[:]), nil }

// UnmarshalText reads 64 hex digits.
func (s *Seed) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err != nil || len(raw) != len(s) {
		return fmt.Errorf("game: a seed is %d hex digits", hex.EncodedLen(len(s)))
	}
	copy(s[:], raw)
	return nil
}
