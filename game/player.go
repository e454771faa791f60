package game

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
)

// Player is what everybody may know of a player.
type Player struct {
	ID      string              `json:"id"`
	Name    string              `json:"name"`
	Ratings map[string]Standing `json:"ratings"` // by game that was played for ratings
}

// playerState is a player as an entity. Tokens are kept as hashes only.
type playerState struct {
	Name     string    `json:"name"`
	Created  int64     `json:"created"` // wall milliseconds
	Sessions []session `json:"sessions,omitempty"`
	// Rated games, by game, and how often leaderboards were told of something.
	Rated map[string]*rated `json:"rated,omitempty"`
	Told  uint64            `json:"told,omitempty"`
}

type session struct {
	Hash    string `json:"hash"` // SHA-256 of the token, in hex
	Created int64  `json:"created"`
}

// Limits of a player.
const (
	MaxNameChars = 24
	maxSessions  = 16 // the oldest is ended when a further one begins
)

var players = entities.Define("player", func(string) playerState { return playerState{} })

type signIn struct {
	Name string `json:"name"`
	Hash string `json:"hash"`
}

// playerEnter makes a player, or begins another session of one.
var playerEnter = entities.On(players, "enter", func(c *entities.Context, s *playerState, in signIn) (struct{}, error) {
	if s.Created == 0 {
		s.Created, s.Name = c.Now().UnixMilli(), in.Name
	}
	s.Sessions = append(s.Sessions, session{Hash: in.Hash, Created: c.Now().UnixMilli()})
	if over := len(s.Sessions) - maxSessions; over > 0 {
		s.Sessions = slices.Clone(s.Sessions[over:])
	}
	return struct{}{}, nil
})

// playerRename changes the name that is shown from now on, on leaderboards too.
var playerRename = entities.On(players, "rename", func(c *entities.Context, s *playerState, name string) (struct{}, error) {
	if s.Created == 0 {
		return struct{}{}, noPlayer()
	}
	s.Name = name
	return struct{}{}, s.announceAll(c)
})

// playerLeave ends the session of a token.
var playerLeave = entities.On(players, "leave", func(_ *entities.Context, s *playerState, hash string) (struct{}, error) {
	s.Sessions = slices.DeleteFunc(s.Sessions, func(x session) bool { return x.Hash == hash })
	return struct{}{}, nil
})

func noPlayer() error {
	return orchestrator.Fail(orchestrator.CodeNotFound, "There is no such player")
}

// CheckPlayerName gives the name as it is kept: trimmed, 1 to MaxNameChars
// characters, nothing invisible. What is wrong is a Refusal.
func CheckPlayerName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	switch n := utf8.RuneCountInString(name); {
	case !utf8.ValidString(name):
		return "", refuse(CodeBadRequest, "The name is not valid text")
	case n == 0:
		return "", refuse(CodeBadRequest, "The name is empty")
	case n > MaxNameChars:
		return "", refuse(CodeBadRequest, fmt.Sprintf("The name has %d characters, more than %d", n, MaxNameChars))
	case strings.ContainsFunc(name, invisible):
		return "", refuse(CodeBadRequest, "The name has characters that cannot be seen")
	}
	return name, nil
}

// invisible says whether a character shows nothing of itself. Of those that
// count as letters, some are there to be blank.
func invisible(r rune) bool {
	const blankBraille = '\u2800'
	return !unicode.IsGraphic(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || r == blankBraille
}

// hashToken is how a token is kept.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// knows says whether a token is one of the player's, in constant time for each
// session.
func (s *playerState) knows(token string) bool {
	hash, found := []byte(hashToken(token)), 0
	for _, x := range s.Sessions {
		found |= subtle.ConstantTimeCompare(hash, []byte(x.Hash))
	}
	return found == 1
}
