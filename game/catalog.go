package game

import (
	"encoding/json"
	"fmt"
)

// Catalog is the list of games that a server offers, made once by main. The
// zero value is empty. It is read-only and may be used concurrently.
type Catalog struct {
	list []Rules
	byID map[string]Rules
}

// NewCatalog lists the games in the given order. An error says which game's
// Info is unusable, or which id is there twice.
func NewCatalog(games ...Rules) (Catalog, error) {
	c := Catalog{list: games, byID: make(map[string]Rules, len(games))}
	for _, rules := range games {
		info := rules.Info()
		if err := info.valid(); err != nil {
			return Catalog{}, fmt.Errorf("game: catalog: %q: %w", info.ID, err)
		}
		if _, twice := c.byID[info.ID]; twice {
			return Catalog{}, fmt.Errorf("game: catalog: %q is there twice", info.ID)
		}
		c.byID[info.ID] = rules
	}
	return c, nil
}

// Get finds a game; an unknown one is a Refusal with CodeBadRequest.
func (c Catalog) Get(id string) (Rules, error) {
	if rules, ok := c.byID[id]; ok {
		return rules, nil
	}
	return nil, refuse(CodeBadRequest, fmt.Sprintf("There is no game %.40q", id))
}

// Infos describes all games, in the catalog's order.
func (c Catalog) Infos() []Info {
	infos := make([]Info, 0, len(c.list))
	for _, rules := range c.list {
		infos = append(infos, rules.Info())
	}
	return infos
}

// MarshalJSON is the answer to GET /api/games.
func (c Catalog) MarshalJSON() ([]byte, error) { return json.Marshal(c.Infos()) }

func (i Info) valid() error {
	switch {
	case i.ID == "" || i.Name == "":
		return fmt.Errorf("needs an id and a name")
	case i.MinSeats < 1 || i.MaxSeats < i.MinSeats:
		return fmt.Errorf("needs 1 or more seats, not %d to %d", i.MinSeats, i.MaxSeats)
	case i.Takeback && i.Hidden:
		return fmt.Errorf("cannot take back moves where information is hidden")
	}
	seen := map[string]bool{}
	for _, spec := range i.Options {
		if seen[spec.ID] {
			return fmt.Errorf("option %s is there twice", spec.ID)
		}
		seen[spec.ID] = true
		if err := spec.valid(); err != nil {
			return err
		}
	}
	return nil
}
