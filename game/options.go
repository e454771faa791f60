package game

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// OptionType is the type of an option's value.
type OptionType string

// The types of options.
const (
	IntType    OptionType = "int"
	BoolType   OptionType = "bool"
	ChoiceType OptionType = "choice" // one of a list of words
)

// OptionSpec describes one option of a game. Build it with IntOption,
// BoolOption or ChoiceOption.
type OptionSpec struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Type    OptionType      `json:"type"`
	Default json.RawMessage `json:"default"`
	Min     *int            `json:"min,omitempty"`
	Max     *int            `json:"max,omitempty"`
	Step    int             `json:"step,omitempty"` // values are Min, Min+Step, … Max
	Choices []string        `json:"choices,omitempty"`
}

// IntOption is a number from low to high in steps counted from low (1: every
// number; 2 from an odd low: the odd ones).
func IntOption(id, name string, value, low, high, step int) OptionSpec {
	return OptionSpec{
		ID: id, Name: name, Type: IntType, Default: json.RawMessage(strconv.Itoa(value)),
		Min: &low, Max: &high, Step: step,
	}
}

// BoolOption is a yes or no.
func BoolOption(id, name string, value bool) OptionSpec {
	return OptionSpec{ID: id, Name: name, Type: BoolType, Default: json.RawMessage(strconv.FormatBool(value))}
}

// ChoiceOption is one of the choices; the first is the default.
func ChoiceOption(id, name string, choices ...string) OptionSpec {
	spec := OptionSpec{ID: id, Name: name, Type: ChoiceType, Choices: choices, Default: json.RawMessage("null")}
	if len(choices) > 0 {
		spec.Default = AppendString(nil, choices[0])
	}
	return spec
}

// check returns the canonical form of a raw value, or the refusal that names
// the option.
func (s OptionSpec) check(raw json.RawMessage) (json.RawMessage, error) {
	switch s.Type {
	case IntType:
		var n *int
		if json.Unmarshal(raw, &n) != nil || n == nil || *n < *s.Min || *n > *s.Max || (*n-*s.Min)%s.Step != 0 {
			return nil, s.refuse(s.numbers())
		}
		return json.RawMessage(strconv.Itoa(*n)), nil
	case BoolType:
		var b *bool
		if json.Unmarshal(raw, &b) != nil || b == nil {
			return nil, s.refuse("true or false")
		}
		return json.RawMessage(strconv.FormatBool(*b)), nil
	case ChoiceType:
		var word *string
		if json.Unmarshal(raw, &word) != nil || word == nil || !slices.Contains(s.Choices, *word) {
			return nil, s.refuse("one of " + strings.Join(s.Choices, ", "))
		}
		return AppendString(nil, *word), nil
	default:
		return nil, fmt.Errorf("game: option %s has the unknown type %q", s.ID, s.Type)
	}
}

func (s OptionSpec) numbers() string {
	text := fmt.Sprintf("a number from %d to %d", *s.Min, *s.Max)
	switch {
	case s.Step == 2 && *s.Min%2 != 0:
		text = fmt.Sprintf("an odd number from %d to %d", *s.Min, *s.Max)
	case s.Step > 1:
		text += fmt.Sprintf(" in steps of %d", s.Step)
	}
	return text
}

func (s OptionSpec) refuse(wanted string) error {
	return refuse(CodeBadRequest, fmt.Sprintf("Option %s must be %s", s.ID, wanted))
}

// valid is for NewCatalog: a spec whose own default is refused helps nobody.
func (s OptionSpec) valid() error {
	if s.ID == "" || s.Name == "" {
		return fmt.Errorf("option %q needs an id and a name", s.ID)
	}
	if s.Type == IntType && (s.Min == nil || s.Max == nil || s.Step < 1) {
		return fmt.Errorf("option %s needs bounds and a step", s.ID)
	}
	if _, err := s.check(s.Default); err != nil {
		return fmt.Errorf("default: %w", err)
	}
	return nil
}

// OptionSpecs are all options of a game.
type OptionSpecs []OptionSpec

// MarshalJSON writes no options as an empty list, not null.
func (specs OptionSpecs) MarshalJSON() ([]byte, error) {
	if specs == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]OptionSpec(specs))
}

// Parse reads options from a JSON object (nothing, or null: all defaults).
// The result has a value for every option. An unknown option, a wrong type
// and a value out of bounds are a Refusal with CodeBadRequest that names it.
func (specs OptionSpecs) Parse(raw json.RawMessage) (Options, error) {
	given, err := uniqueFields(raw)
	if err != nil {
		return nil, err
	}
	options := make(Options, len(specs))
	for _, spec := range specs {
		value, ok := given[spec.ID]
		if !ok {
			value = spec.Default
		}
		if options[spec.ID], err = spec.check(value); err != nil {
			return nil, err
		}
		delete(given, spec.ID)
	}
	if len(given) > 0 {
		return nil, refuse(CodeBadRequest, fmt.Sprintf("There is no option %.40q", smallestKey(given)))
	}
	return options, nil
}

// uniqueFields refuses a name given twice, which encoding/json would let the
// last one win silently.
func uniqueFields(raw json.RawMessage) (map[string]json.RawMessage, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	notObject := refuse(CodeBadRequest, "Options must be a JSON object")
	if raw[0] != '{' || !json.Valid(raw) {
		return nil, notObject
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if _, err := decoder.Token(); err != nil {
		return nil, notObject
	}
	fields := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, notObject
		}
		if _, twice := fields[name]; twice {
			return nil, refuse(CodeBadRequest, fmt.Sprintf("Option %.40q is given twice", name))
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, notObject
		}
		fields[name] = value
	}
	return fields, nil
}

//everturn:deterministic the smallest is the same in any order
func smallestKey(fields map[string]json.RawMessage) string {
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	return slices.Min(names)
}

// Options are the checked values of all of a game's options, by id. Their
// JSON is canonical and can be stored and parsed again.
type Options map[string]json.RawMessage

// Int is the value of an option of IntType. Asking for an option that the
// game does not have, or by the wrong type, is a bug and panics.
func (o Options) Int(id string) int {
	n, err := strconv.Atoi(string(o[id]))
	if err != nil {
		panic(fmt.Sprintf("game: option %s is not a number: %q", id, o[id]))
	}
	return n
}

// Bool is the value of an option of BoolType; it panics as Int does.
func (o Options) Bool(id string) bool {
	b, err := strconv.ParseBool(string(o[id]))
	if err != nil {
		panic(fmt.Sprintf("game: option %s is not true or false: %q", id, o[id]))
	}
	return b
}

// Choice is the value of an option of ChoiceType; it panics as Int does.
func (o Options) Choice(id string) string {
	var word string
	if err := json.Unmarshal(o[id], &word); err != nil {
		panic(fmt.Sprintf("game: option %s is not a word: %q", id, o[id]))
	}
	return word
}
