package dungeon

import (
	"math/rand/v2"
	"slices"

	"github.com/everturn/everturn/game"
)

// itemKind is what an item is good for.
type itemKind string

const (
	weapon   itemKind = "weapon"
	remedy   itemKind = "remedy"
	treasure itemKind = "treasure"
)

// item is a thing that can be taken. Names are unique in a dungeon.
type item struct {
	Aim   int      `json:"aim,omitempty"`   // weapon: how many times of six it hits
	Heals int      `json:"heals,omitempty"` // remedy: hearts
	Kind  itemKind `json:"kind"`
	Name  string   `json:"name"`
	Power int      `json:"power,omitempty"` // weapon: hearts that a hit takes
}

// monster is what sits in a room.
type monster struct {
	Health int    `json:"health"`
	Max    int    `json:"max"`
	Name   string `json:"name"`
	Strike int    `json:"strike"` // hearts that its blow takes
}

// room is where the heroes are.
type room struct {
	Depth int    `json:"depth"` // from 1
	Items []item `json:"items"` // remedies after weapons, each in the order of the plan
	Name  string `json:"name"`
	Of    int    `json:"of"` // how many rooms there are
}

// level is what may be found at a depth.
type level struct {
	names    []string
	monsters []string
	strike   int
	first    int // the monster's hearts for one hero
	more     int // and for each further one
	weapons  []item
	remedy   item
}

// plan has the levels by depth. Each has a weapon for every seat, so that
// nobody stands there with empty hands and nothing to take.
var plan = [...]level{
	{
		names:    []string{"Mossy Stair", "Hall of Candles", "Flooded Cellar"},
		monsters: []string{"spider", "slime"},
		strike:   1, first: 3, more: 2,
		weapons: []item{blade("dagger", 1, 5), blade("club", 2, 3), blade("sling", 1, 4), blade("staff", 2, 4)},
		remedy:  cure("bread", 2),
	},
	{
		names:    []string{"Gallery of Echoes", "Library of Bones", "Clockwork Chapel"},
		monsters: []string{"wraith", "golem"},
		strike:   2, first: 5, more: 3,
		weapons: []item{blade("sword", 3, 4), blade("spear", 2, 5), blade("mace", 4, 3), blade("flail", 3, 3)},
		remedy:  cure("honey", 4),
	},
	{
		names:    []string{"Vault of Tides", "Throne under the Hill", "Sunken Observatory"},
		monsters: []string{"dragon", "kraken"},
		strike:   3, first: 7, more: 5,
		weapons: []item{blade("axe", 5, 4), blade("bow", 3, 5), blade("hammer", 6, 3), blade("halberd", 4, 4)},
		remedy:  cure("elixir", 6),
	},
}

var treasures = []string{"crown", "chalice", "lantern", "ledger"}

// fullHealth of a hero by the number of heroes: the fewer, the hardier.
var fullHealth = [maxSeats + 1]int{1: 10, 2: 7, 3: 6, 4: 5}

func blade(name string, power, aim int) item {
	return item{Kind: weapon, Name: name, Power: power, Aim: aim}
}

func cure(name string, heals int) item { return item{Kind: remedy, Name: name, Heals: heals} }

// place makes the room at a depth, and what sits in it, for so many heroes who
// come in. The seed knows them all from the beginning, whoever comes.
func place(seed game.Seed, depth, seats, heroes int) (*room, *monster) {
	level, random := plan[depth-1], seed.Derive("room", depth).Rand()
	r := &room{Depth: depth, Name: one(level.names, random), Of: len(plan)}
	m := &monster{Name: one(level.monsters, random), Strike: level.strike}
	m.Max = level.first + (heroes-1)*level.more
	m.Health = m.Max
	laid := random.Perm(len(level.weapons))[:max(seats, 2)]
	slices.Sort(laid)
	for _, i := range laid {
		r.Items = append(r.Items, level.weapons[i])
	}
	r.Items = append(r.Items, level.remedy)
	return r, m
}

// hoard is what the last monster sits on.
func hoard(seed game.Seed) item {
	return item{Kind: treasure, Name: one(treasures, seed.Derive("treasure", 0).Rand())}
}

func one(names []string, random *rand.Rand) string { return names[random.IntN(len(names))] }

// without is the room after an item was taken.
func (r *room) without(name string) *room {
	next := *r
	next.Items = slices.DeleteFunc(slices.Clone(r.Items), func(it item) bool { return it.Name == name })
	return &next
}

// with is the room after an item was put down.
func (r *room) with(it item) *room {
	next := *r
	next.Items = append([]item{it}, r.Items...)
	return &next
}
