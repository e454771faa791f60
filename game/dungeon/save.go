package dungeon

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/everturn/everturn/game"
)

// View implements game.Position. Nothing that there is is hidden from anybody.
func (p *position) View(v *game.View) {
	v.Strings("chosen", p.chosen)
	write := func(key string, value any) {
		v.Value(key, func(dst []byte) []byte { return append(dst, encode(value)...) })
	}
	write("heroes", p.heroes)
	write("log", append([]happening{}, p.log...)) // none is an empty list
	write("monster", p.monster)
	write("room", p.room)
}

// Save implements game.Position. Everything in a dungeon follows from its seed
// and from what the heroes chose, so that is what is saved: a line for each
// phase, with the seats' choices in order. Games are short, see Moves.
func (p *position) Save() []byte {
	seed, err := p.seed.MarshalText()
	if err != nil {
		panic(err) // it never does
	}
	dst := fmt.Appendf(nil, "%d %s", len(p.heroes), seed)
	for _, chosen := range append(p.past[:len(p.past):len(p.past)], p.chosen) {
		dst = append(append(dst, '\n'), strings.Join(chosen, "/")...)
	}
	return dst
}

// Load implements game.Rules: it plays the game again.
func (r Rules) Load(data []byte) (game.Position, error) {
	head, lines, _ := strings.Cut(string(data), "\n")
	count, hex, _ := strings.Cut(head, " ")
	var seed game.Seed
	if len(count) != 1 || count[0] < '1' || count[0] > '0'+maxSeats || seed.UnmarshalText([]byte(hex)) != nil {
		return nil, notSaved(data)
	}
	p := r.begin(int(count[0]-'0'), seed)
	for line := range strings.SplitSeq(lines, "\n") {
		for seat, choice := range strings.Split(line, "/") {
			if choice == undecided {
				continue
			}
			step, err := p.again(seat, choice)
			if err != nil {
				return nil, fmt.Errorf("%w: seat %d: %w", notSaved(data), seat, err)
			}
			p = step.Next.(*position)
		}
	}
	// Writing it again and comparing refuses all that was put in another way.
	if !bytes.Equal(p.Save(), data) {
		return nil, notSaved(data)
	}
	return p, nil
}

func (p *position) again(seat int, choice string) (game.Step, error) {
	if choice == waits {
		return p.Lapse(seat)
	}
	return p.Play(seat, choice)
}

func notSaved(data []byte) error {
	return fmt.Errorf("dungeon: load %.40q: not a saved position", data)
}
