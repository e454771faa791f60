package dungeon

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/everturn/everturn/game"
)

// sight is what a bot makes of a view.
type sight struct {
	Actors  []int     `json:"actors"`
	Chosen  []string  `json:"chosen"`
	Heroes  []hero    `json:"heroes"`
	Monster *monster  `json:"monster"`
	Moves   []string  `json:"moves"`
	Room    *room     `json:"room"`
	Result  *struct{} `json:"result"`

	seat int
}

// Bot implements game.Rules. The weakest plays half of its moves at random, and
// with the others fights on with the first weapon it gets. The medium one looks
// for a good weapon first and heals when the next strike may kill it. The
// strongest also changes weapons where that pays, and leaves to others what
// they have already chosen.
func (Rules) Bot(view []byte, seat int, strength game.Strength, seed game.Seed) (string, error) {
	s, err := look(view, seat)
	if err != nil {
		return "", err
	}
	if !strength.Valid() {
		return "", fmt.Errorf("dungeon: bot: no strength %d", strength)
	}
	random := seed.Rand()
	switch {
	case s.Moves[0] == commit || s.Monster == nil: // there is but one thing to do
		return s.Moves[0], nil
	case strength == game.Weakest && random.IntN(2) == 0:
		return s.Moves[random.IntN(len(s.Moves))], nil
	case strength == game.Weakest:
		return s.Moves[0], nil
	case strength == game.Medium:
		return s.plain(random), nil
	}
	return s.careful(random), nil
}

// look reads a view, and that seat owes a move.
func look(view []byte, seat int) (*sight, error) {
	s := &sight{seat: seat}
	if err := json.Unmarshal(view, s); err != nil {
		return nil, fmt.Errorf("dungeon: bot: view: %w", err)
	}
	switch {
	case s.Result != nil || !slices.Contains(s.Actors, seat) || len(s.Moves) == 0:
		return nil, errors.New("dungeon: bot: it is not its turn")
	case seat < 0 || seat >= len(s.Heroes) || len(s.Chosen) != len(s.Heroes):
		return nil, errors.New("dungeon: bot: impossible party")
	case s.Room == nil && s.Moves[0] != commit:
		return nil, errors.New("dungeon: bot: impossible room")
	}
	return s, nil
}

// plain is to arm, to heal in need, and to fight.
func (s *sight) plain(random *rand.Rand) string {
	me := s.Heroes[s.seat]
	if cure := s.remedy(); cure != nil && me.Health <= s.Monster.Strike && me.Holds != nil {
		return takes(*cure)
	}
	if me.Holds == nil {
		if best := s.best(false, random); best != nil {
			return takes(*best)
		}
	}
	return s.Moves[0]
}

// careful is plain with an eye on the others, and on what a change is worth.
func (s *sight) careful(random *rand.Rand) string {
	me := s.Heroes[s.seat]
	best := s.best(true, random)
	cure := s.remedy()
	switch {
	case me.Holds == nil && best != nil:
		return s.share()
	case cure != nil && s.heals(*cure):
		return takes(*cure)
	case best != nil && me.Holds != nil && s.pays(*me.Holds, *best):
		return takes(*best)
	}
	return s.Moves[0]
}

// heals says whether the hero needs a remedy and nobody else has chosen it: one
// strike more would be the end, and the remedy gives more than that strike takes.
func (s *sight) heals(cure item) bool {
	me := s.Heroes[s.seat]
	return me.Holds != nil && me.Health <= s.Monster.Strike && cure.Heals > s.Monster.Strike &&
		!slices.Contains(s.Chosen, takes(cure))
}

// pays says whether the other weapon makes up for the blow that taking it
// costs, before the party has the monster down.
func (s *sight) pays(held, other item) bool {
	party := 0
	for _, h := range s.Heroes {
		if h.State == alive {
			party++
		}
	}
	share := s.Monster.Health * 6 / max(party, 1) // in sixths of a heart
	return share > 0 && share/max(worth(other), 1)+1 < share/max(worth(held), 1)
}

// worth is what a blow takes on average, in sixths of a heart.
func worth(it item) int { return it.Power * it.Aim }

// share takes the best weapon that the others leave. Those who choose at the same
// time cannot see each other's choice: so the first of them by seat takes the
// best, the second the next.
func (s *sight) share() string {
	var free []item
	for _, it := range s.Room.Items {
		if it.Kind == weapon && slices.Contains(s.Moves, takes(it)) && !slices.Contains(s.Chosen, takes(it)) {
			free = append(free, it)
		}
	}
	slices.SortStableFunc(free, func(a, b item) int { return worth(b) - worth(a) })
	before := 0
	for seat, h := range s.Heroes[:s.seat] {
		if h.State == alive && h.Holds == nil && s.Chosen[seat] == undecided {
			before++
		}
	}
	return takes(free[min(before, len(free)-1)])
}

func (s *sight) remedy() *item {
	for i := range s.Room.Items {
		if s.Room.Items[i].Kind == remedy {
			return &s.Room.Items[i]
		}
	}
	return nil
}

// best is the weapon on the floor that is worth most; by lot among equals, so
// that not all bots grab the same. Free ones are those that nobody has chosen.
func (s *sight) best(free bool, random *rand.Rand) (best *item) {
	for _, i := range random.Perm(len(s.Room.Items)) {
		it := &s.Room.Items[i]
		if it.Kind != weapon || free && slices.Contains(s.Chosen, takes(*it)) || !slices.Contains(s.Moves, takes(*it)) {
			continue
		}
		if best == nil || worth(*it) > worth(*best) {
			best = it
		}
	}
	return best
}
