package game

import (
	"context"
	"strings"
	"sync"

	"github.com/everturn/everturn/entities"
)

// Register makes a new player with a first session, and gives the token that
// opens it: "<player id>.<secret>". Only its hash is kept.
func (d *Desk) Register(ctx context.Context, name string) (Player, string, error) {
	id := newID()
	token := id + "." + idText(randomBytes(20))
	if name == "" {
		name = "Guest " + strings.ToUpper(id[:4])
	}
	name, err := CheckPlayerName(name)
	if err != nil {
		return Player{}, "", err
	}
	_, err = playerEnter.DoAs(ctx, d.entities, entities.Request{}, id, signIn{Name: name, Hash: hashToken(token)})
	if err != nil {
		return Player{}, "", err
	}
	p := Player{ID: id, Name: name, Ratings: map[string]float64{}}
	d.sessions.put(token, p)
	return p, token, nil
}

// Session gives the player of a token. A token that opens nothing (unknown,
// ended, malformed) is a Refusal with CodeUnauthorized.
func (d *Desk) Session(token string) (Player, error) {
	if p, ok := d.sessions.get(token); ok {
		return p, nil
	}
	id, _, ok := strings.Cut(token, ".")
	if !ok || !validID(id) || len(token) > 128 {
		return Player{}, noSession()
	}
	stamp := d.sessions.stamp(id)
	s, _, exists, err := players.Read(d.entities, id)
	if err != nil {
		return Player{}, err
	}
	if !exists || !s.knows(token) {
		return Player{}, noSession()
	}
	p := s.public(id)
	d.sessions.putIf(token, p, stamp)
	return p, nil
}

func noSession() error { return refuse(CodeUnauthorized, "There is no session; make a player first") }

// Player is what everybody may know of a player; CodeNotFound if there is none.
func (d *Desk) Player(id string) (Player, error) {
	if !validID(id) {
		return Player{}, refuse(CodeNotFound, "There is no such player")
	}
	s, _, exists, err := players.Read(d.entities, id)
	if err == nil && (!exists || s.Created == 0) {
		err = refuse(CodeNotFound, "There is no such player")
	}
	if err != nil {
		return Player{}, err
	}
	return s.public(id), nil
}

func (s *playerState) public(id string) Player {
	return Player{ID: id, Name: s.Name, Ratings: map[string]float64{}}
}

// Rename changes a player's name.
func (d *Desk) Rename(ctx context.Context, player, name string) (Player, error) {
	name, err := CheckPlayerName(name)
	if err != nil {
		return Player{}, err
	}
	if _, err := playerRename.Do(ctx, d.entities, player, name); err != nil {
		return Player{}, err
	}
	d.sessions.forget(player)
	return d.Player(player)
}

// EndSession ends the session of a token: it opens nothing from then on.
func (d *Desk) EndSession(ctx context.Context, token string) error {
	p, err := d.Session(token)
	if err != nil {
		return err
	}
	_, err = playerLeave.Do(ctx, d.entities, p.ID, hashToken(token))
	d.sessions.forget(p.ID)
	return err
}

// sessionCache remembers whom tokens belong to, so that not every request reads
// the database. Whatever changes a player forgets the player's tokens; a read
// that began before is not put in after (see stamp).
type sessionCache struct {
	mu      sync.RWMutex
	players map[string]Player   // by token
	tokens  map[string][]string // by player id
	changes map[string]int      // by player id: how often forgotten, while remembered
}

// cachedSessions bounds the cache; when it is full, it begins anew.
const cachedSessions = 50_000

func (c *sessionCache) get(token string) (Player, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	p, ok := c.players[token]
	return p, ok
}

// stamp is to be taken before a player is read, for putIf.
func (c *sessionCache) stamp(player string) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.changes[player]
}

func (c *sessionCache) put(token string, p Player) { c.putIf(token, p, c.stamp(p.ID)) }

// putIf remembers a token unless its player was forgotten since the stamp.
func (c *sessionCache) putIf(token string, p Player, stamp int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes[p.ID] != stamp {
		return
	}
	if c.players == nil || len(c.players) >= cachedSessions {
		c.players, c.tokens = map[string]Player{}, map[string][]string{}
	}
	if _, known := c.players[token]; !known {
		c.tokens[p.ID] = append(c.tokens[p.ID], token)
	}
	c.players[token] = p
}

func (c *sessionCache) forget(player string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes == nil || len(c.changes) >= cachedSessions {
		c.changes = map[string]int{}
	}
	c.changes[player]++
	for _, token := range c.tokens[player] {
		delete(c.players, token)
	}
	delete(c.tokens, player)
}
