package game

import (
	"fmt"
	"strings"
	"time"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
)

// A code is a short name of a match, for people to tell each other. Each code is
// an entity that knows which match it leads to, so that it is given out once.
type codeState struct {
	Match string `json:"match,omitempty"`
	Until int64  `json:"until,omitempty"` // wall milliseconds from which the code is free; 0: not before it is freed
}

type codeUse struct {
	Match string `json:"match"`
}

// CodeAlphabet is what codes are made of; CodeLength is how long they are. There
// is nothing in it that looks like something else.
const (
	CodeAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
	CodeLength   = 4
)

const (
	codeClaimed = time.Hour      // a claim lasts, if the match never begins
	codeKept    = 24 * time.Hour // a code still leads to its match, after the end
)

var codes = entities.Define("code", func(string) codeState { return codeState{} })

// codeClaim takes a code for a match, for good as soon as the match says so.
var codeClaim = entities.On(codes, "claim", func(c *entities.Context, s *codeState, in codeUse) (struct{}, error) {
	if s.leads(c.Now()) && s.Match != in.Match {
		return struct{}{}, orchestrator.Fail(orchestrator.CodeConflict, fmt.Sprintf("code %s is taken", c.Key()))
	}
	if s.Match != in.Match || s.Until != 0 {
		*s = codeState{Match: in.Match, Until: c.Now().Add(codeClaimed).UnixMilli()}
	}
	return struct{}{}, nil
})

// codeKeep keeps a claimed code until it is freed.
var codeKeep = entities.On(codes, "keep", func(_ *entities.Context, s *codeState, in codeUse) (struct{}, error) {
	if s.Match == in.Match {
		s.Until = 0
	}
	return struct{}{}, nil
})

// codeFree frees a code. Its match has ended a day ago, or was called off.
var codeFree = entities.On(codes, "free", func(c *entities.Context, s *codeState, in codeUse) (struct{}, error) {
	if s.Match == in.Match {
		s.Until = c.Now().UnixMilli()
	}
	return struct{}{}, nil
})

func (s *codeState) leads(now time.Time) bool {
	return s.Match != "" && (s.Until == 0 || now.UnixMilli() < s.Until)
}

// ParseCode reads a code as people type it.
func ParseCode(s string) (code string, ok bool) {
	if len(s) != CodeLength {
		return "", false
	}
	code = strings.ToUpper(s)
	for i := range len(code) {
		if !strings.Contains(CodeAlphabet, code[i:i+1]) {
			return "", false
		}
	}
	return code, true
}
