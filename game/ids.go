package game

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"math/big"
)

// Ids are 26 characters of base 32; who does not know one cannot guess it.
var idCoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func idText(b []byte) string { return idCoding.EncodeToString(b) }

func newID() string { return idText(randomBytes(16)) }

// derivedID is the same for the same key of the same caller.
func derivedID(caller, key string) string {
	sum := sha256.Sum256([]byte(caller + "\x00" + key))
	return idText(sum[:16])
}

func validID(s string) bool {
	if len(s) != 26 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

func newSeed() Seed { return Seed(randomBytes(32)) }

//everturn:deterministic at the door, or in a SideEffect
func randomCode() string {
	b := make([]byte, CodeLength)
	for i := range b {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(CodeAlphabet)))) //nolint:forbidigo // at the door, not in a turn
		if err != nil {
			panic(err) // crypto/rand does not fail
		}
		b[i] = CodeAlphabet[n.Int64()]
	}
	return string(b)
}

//everturn:deterministic at the door, or in a SideEffect
func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) //nolint:forbidigo // never fails; at the door, not in a turn
	return b
}
