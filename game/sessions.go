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
	if _, err = playerEnter.Do(ctx, d.entities, id, signIn{Name: name, Hash: hashToken(token)}); err != nil {
		return Player{}, "", err
	}
	p := Player{ID: id, Name: name, Ratings: map[string]Standing{}}
	d.sessions.putIf(token, p, d.sessions.stamp()) // nobody else can know the player yet
	return p, token, nil
}

// Session gives the player of a token, by id and name: the ratings are left out,
// since a session is remembered longer than they stay (see Player). A token that opens nothing (unknown,
// ended, malformed) is a Refusal with CodeUnauthorized.
func (d *Desk) Session(token string) (Player, error) {
	if p, ok := d.sessions.get(token); ok {
		return p, nil
	}
	id, _, ok := strings.Cut(token, ".")
	if !ok || !validID(id) || len(token) > 128 {
		return Player{}, noSession()
	}
	stamp := d.sessions.stamp()
	s, _, exists, err := players.Read(d.entities, id)
	if err != nil {
		return Player{}, err
	}
	if !exists || !s.knows(token) {
		return Player{}, noSession()
	}
	p := Player{ID: id, Name: s.Name, Ratings: map[string]Standing{}}
	d.sessions.putIf(token, p, stamp)
	return p, nil
}

func noSession() error { return refuse(CodeUnauthorized, "There is no session; make a player first") }

// Player is what everybody may know of a player; CodeNotFound if there is none.
func (d *Desk) Player(id string) (Player, error) {
	s, err := d.readPlayer(id)
	if err != nil {
		return Player{}, err
	}
	return s.public(id, d.now()), nil
}

// readPlayer is CodeNotFound if there is no such player.
func (d *Desk) readPlayer(id string) (playerState, error) {
	if !validID(id) {
		return playerState{}, refuse(CodeNotFound, "There is no such player")
	}
	s, _, exists, err := players.Read(d.entities, id)
	if err == nil && (!exists || s.Created == 0) {
		err = refuse(CodeNotFound, "There is no such player")
	}
	return s, err
}

// public is what everybody may know of the player at a moment.
func (s *playerState) public(id string, now int64) Player {
	p := Player{ID: id, Name: s.Name, Ratings: make(map[string]Standing, len(s.Rated))}
	for game, r := range s.Rated {
		p.Ratings[game] = standing(r.at(now), r.Games)
	}
	return p
}

// now is the host's time in wall milliseconds.
func (d *Desk) now() int64 { return d.entities.Now().UnixMilli() }

// Rename changes a player's name.
func (d *Desk) Rename(ctx context.Context, player, name string) (Player, error) {
	name, err := CheckPlayerName(name)
	if err != nil {
		return Player{}, err
	}
	if err := change(ctx, d, playerRename, player, name); err != nil {
		return Player{}, err
	}
	return d.Player(player)
}

// EndSession ends the session of a token: it opens nothing from then on.
func (d *Desk) EndSession(ctx context.Context, token string) error {
	p, err := d.Session(token)
	if err != nil {
		return err
	}
	return change(ctx, d, playerLeave, p.ID, hashToken(token))
}

// change has an operation done on a player, and forgets what is remembered of
// the player once it is done, also where nobody waits for that any more.
func change[In any](ctx context.Context, d *Desk, op *entities.Op[playerState, In, struct{}], player string, in In) error {
	done := make(chan error, 1)
	op.Post(d.entities, player, in, func(_ struct{}, err error) {
		d.sessions.forget(player)
		done <- err
	})
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sessionCache remembers whom tokens belong to, so that not every request reads
// the database. Whatever changes a player forgets the player's tokens; what was
// read before anybody was forgotten is not put in after (see stamp).
type sessionCache struct {
	mu      sync.RWMutex
	players map[string]Player   // by token
	tokens  map[string][]string // by player id
	forgot  uint64              // how often anybody was forgotten
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
func (c *sessionCache) stamp() uint64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.forgot
}

// putIf remembers a token unless somebody was forgotten since the stamp: it may
// have been its player.
func (c *sessionCache) putIf(token string, p Player, stamp uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.forgot != stamp {
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
	c.forgot++
	for _, token := range c.tokens[player] {
		delete(c.players, token)
	}
	delete(c.tokens, player)
}
