package wire

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The oracle reads frames with encoding/json and its own copy of the protocol's tables: slowly, and independently of
// the code under test.

// oracleFields says for each type its fields: "name rule", where a rule with ? is one of an optional field.
var oracleFields = map[string]map[string]string{
	"watch":   {"m": "match", "after": "number?", "epoch": "number?"},
	"unwatch": {"m": "match"},
	"move":    {"id": "id", "m": "match", "move": "128", "seq": "number?"},
	"act":     {"id": "id", "m": "match", "act": "act"},
	"chat":    {"id": "id", "m": "match", "text": "200"},
	"ping":    {"c": "number"},

	"hello": {
		"proto": "number", "boot": "text", "epoch": "number", "server": "text", "player": "text",
		"ping": "number", "max": "number", "now": "number",
	},
	"sync": {
		"m": "match", "seq": "number", "seat": "seat", "view": "object", "match": "object", "clock": "object|null",
		"reset": "true?",
	},
	"ev":         {"m": "match", "seq": "number", "k": "kind?", "d": "object?", "view": "object?", "clock": "object?"},
	"live":       {"m": "match", "seq": "number", "view": "object", "match": "object", "clock": "object|null"},
	"ack":        {"id": "id", "m": "match", "seq": "number"},
	"nack":       {"id": "id", "m": "match|empty", "code": "code", "msg": "text", "retry": "number?"},
	"pong":       {"c": "number", "now": "number"},
	"restarting": {"in": "number"},
	"error":      {"code": "code", "msg": "text", "m": "match?"},
}

// oracleObject is a frame as encoding/json sees it.
type oracleObject struct {
	first map[string]json.RawMessage
	count map[string]int
}

// oracleParse returns nil for what is no JSON object.
func oracleParse(data []byte) *oracleObject {
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil
	}
	o := &oracleObject{first: map[string]json.RawMessage{}, count: map[string]int{}}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			panic(err) // json.Valid has said that there is none
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			panic(err)
		}
		name := key.(string)
		if o.count[name] == 0 {
			o.first[name] = raw
		}
		o.count[name]++
	}
	return o
}

// oracleText returns the text of a JSON string, empty for anything else.
func oracleText(raw json.RawMessage) string {
	var s string
	if !bytes.HasPrefix(raw, []byte(`"`)) || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func oracleNumber(raw json.RawMessage) (int64, bool) {
	var n uint64
	if len(raw) == 0 || raw[0] < '0' || raw[0] > '9' || json.Unmarshal(raw, &n) != nil {
		return 0, false
	}
	return int64(n), n < 1<<53
}

var oracleMatch = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

func oracleValid(rule string, raw json.RawMessage) bool {
	text := oracleText(raw)
	chars := len([]rune(text))
	switch strings.TrimSuffix(rule, "?") {
	case "number":
		_, ok := oracleNumber(raw)
		return ok
	case "seat":
		_, ok := oracleNumber(raw)
		return ok || string(raw) == "-1"
	case "match":
		return oracleMatch.MatchString(text)
	case "match|empty":
		return oracleMatch.MatchString(text) || string(raw) == `""`
	case "text":
		return chars >= 1
	case "id":
		return chars >= 1 && chars <= 64
	case "128":
		return chars >= 1 && chars <= 128
	case "200":
		return chars >= 1 && chars <= 200
	case "act":
		return Action(text).Known()
	case "kind":
		return Kind(text).Known()
	case "code":
		return Code(text).Known()
	case "object":
		return raw[0] == '{'
	case "object|null":
		return raw[0] == '{' || string(raw) == "null"
	case "true":
		return string(raw) == "true"
	}
	panic("no such rule: " + rule)
}

// fits says whether the frame has the fields of its type, each once and as it must be.
func (o *oracleObject) fits(t string) bool {
	fields := oracleFields[t]
	for name, n := range o.count {
		rule, ok := fields[name]
		if name == "t" {
			rule, ok = "text", true
		}
		if !ok || n > 1 || !oracleValid(rule, o.first[name]) {
			return false
		}
	}
	for name, rule := range fields {
		if !strings.HasSuffix(rule, "?") && o.count[name] == 0 {
			return false
		}
	}
	return true
}

func (o *oracleObject) text(name string) string { return oracleText(o.first[name]) }

func (o *oracleObject) optional(name string) Optional {
	n, _ := oracleNumber(o.first[name])
	return Optional{N: n, Set: o.count[name] > 0}
}

// usable returns a field that is there once and follows the rule, else nothing.
func (o *oracleObject) usable(name, rule string) string {
	if o.count[name] != 1 || !oracleValid(rule, o.first[name]) {
		return ""
	}
	return o.text(name)
}

// oracleDecode is what Decode must answer: a frame, or how it is refused, without the sentence.
func oracleDecode(data []byte) (ClientFrame, *Refusal) {
	o := oracleParse(data)
	if o == nil || !bytes.HasPrefix(o.first["t"], []byte(`"`)) {
		return nil, &Refusal{Answer: AnswerClose, Close: CloseMalformed, Code: CodeBadRequest}
	}
	t := o.text("t")
	r := &Refusal{Answer: AnswerError, Code: CodeBadRequest, Match: o.usable("m", "match")}
	known := map[string]bool{"watch": true, "unwatch": true, "move": true, "act": true, "chat": true, "ping": true}
	if !known[t] {
		return nil, r
	}
	if !o.fits(t) {
		if r.ID = o.usable("id", "id"); r.ID != "" {
			r.Answer = AnswerNack
		}
		return nil, r
	}
	switch m := o.text("m"); t {
	case "watch":
		return Watch{Match: m, After: o.optional("after"), Epoch: o.optional("epoch")}, nil
	case "unwatch":
		return Unwatch{Match: m}, nil
	case "move":
		return Move{ID: o.text("id"), Match: m, Move: o.text("move"), Seq: o.optional("seq")}, nil
	case "act":
		return Act{ID: o.text("id"), Match: m, Act: Action(o.text("act"))}, nil
	case "chat":
		return Chat{ID: o.text("id"), Match: m, Text: o.text("text")}, nil
	}
	return Ping{C: o.optional("c").N}, nil
}

// oracleServer says whether DecodeServer must accept a frame.
func oracleServer(data []byte) bool {
	o := oracleParse(data)
	if o == nil || !bytes.HasPrefix(o.first["t"], []byte(`"`)) {
		return false
	}
	switch t := o.text("t"); t {
	case "watch", "unwatch", "move", "act", "chat", "ping":
		return false
	case "ev":
		hidden := o.count["k"] == 0
		shows := o.count["d"]+o.count["view"]+o.count["clock"] > 0
		if hidden == shows || !hidden && o.count["d"] == 0 {
			return false
		}
		return o.fits(t)
	default:
		_, known := oracleFields[t]
		return known && o.fits(t)
	}
}
