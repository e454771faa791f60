package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/wire"
)

// maxBody is the most bytes of a JSON body.
const maxBody = 64 << 10

// object is a JSON object out of a request, read strictly: encoding/json alone
// would take a name in the wrong case, and the last of two values. The methods
// take its fields out one by one, and done refuses what is left. The first thing
// that is wrong is kept and given by done; all else is zero values then.
//
// A field that is null counts as absent.
type object struct {
	path   string // in front of the fields' names in sentences
	fields map[string]json.RawMessage
	err    error
}

// bodyNeed says whether a route works without a body.
type bodyNeed bool

const (
	bodyNeeded   bodyNeed = true
	bodyOptional bodyNeed = false
)

// readBody reads the body of a JSON route. Errors are too_large, unsupported
// and bad_request. Without a body, where it is optional, the object is empty.
func readBody(c echo.Context, need bodyNeed) (*object, error) {
	r := c.Request()
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, err
	case err != nil:
		return nil, refuse(wire.CodeBadRequest, "The body could not be read to its end")
	case len(body) == 0 && need == bodyOptional:
		return &object{}, nil
	}
	if err := checkMedia(r.Header); err != nil {
		return nil, err
	}
	return parseObject(body)
}

// checkMedia wants plain application/json in UTF-8. Other pages cannot send that
// across sites without asking first.
func checkMedia(h http.Header) error {
	if h.Get(echo.HeaderContentEncoding) != "" {
		return refuse(wire.CodeUnsupported, "The body must not be compressed")
	}
	media, params, err := mime.ParseMediaType(h.Get(echo.HeaderContentType))
	if err != nil || media != echo.MIMEApplicationJSON {
		return refuse(wire.CodeUnsupported, "The Content-Type must be application/json")
	}
	if charset, given := params["charset"]; given && !strings.EqualFold(charset, "utf-8") {
		return refuse(wire.CodeUnsupported, "The charset must be utf-8")
	}
	return nil
}

// parseObject reads one JSON object and nothing else.
func parseObject(body []byte) (*object, error) {
	if len(body) == 0 {
		return nil, refuse(wire.CodeBadRequest, "The body is empty; it must be a JSON object")
	}
	if !utf8.Valid(body) {
		return nil, refuse(wire.CodeBadRequest, "The body is not valid UTF-8")
	}
	var whole json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil { // one value, and nothing behind it
		return nil, refuse(wire.CodeBadRequest, "The body is not valid JSON: %v", err)
	}
	return readObject(whole, "")
}

// readObject splits valid JSON into its fields.
func readObject(raw json.RawMessage, path string) (*object, error) {
	what := "The body"
	if path != "" {
		what = "The field " + quote(strings.TrimSuffix(path, "."))
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, refuse(wire.CodeBadRequest, "%s must be a JSON object", what)
	}
	o := &object{path: path, fields: map[string]json.RawMessage{}}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, refuse(wire.CodeBadRequest, "%s is not valid JSON", what)
		}
		name, _ := t.(string) // in valid JSON it is one
		if _, twice := o.fields[name]; twice {
			return nil, refuse(wire.CodeBadRequest, "The field %s is given twice", quote(path+name))
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, refuse(wire.CodeBadRequest, "%s is not valid JSON", what)
		}
		o.fields[name] = value
	}
	return o, nil
}

// take gives a field's JSON, and nil if it is absent or null.
func (o *object) take(name string) json.RawMessage {
	value, ok := o.fields[name]
	if !ok || o.err != nil {
		return nil
	}
	delete(o.fields, name)
	if string(value) == "null" {
		return nil
	}
	return value
}

// into reads a field into a value; what says in words what it must be.
func (o *object) into(name string, value any, what string) (present bool) {
	raw := o.take(name)
	if raw == nil {
		return false
	}
	if err := json.Unmarshal(raw, value); err != nil {
		o.err = refuse(wire.CodeBadRequest, "The field %s must be %s", quote(o.path+name), what)
		return false
	}
	return true
}

// text takes a text; present tells an empty one from none.
func (o *object) text(name string) (value string, present bool) {
	present = o.into(name, &value, "a text")
	return value, present
}

// flag takes a boolean; absent is false.
func (o *object) flag(name string) (value bool) {
	o.into(name, &value, "true or false")
	return value
}

// number takes a whole number; absent is 0.
func (o *object) number(name string) (value int64) {
	o.into(name, &value, "a whole number")
	return value
}

// texts takes a list of texts; absent is nil, which an empty list is not.
func (o *object) texts(name string) []string {
	var list []*string // an element that is null stays nil
	if !o.into(name, &list, "a list of texts") {
		return nil
	}
	texts := make([]string, 0, len(list))
	for _, t := range list {
		if t == nil {
			o.err = refuse(wire.CodeBadRequest, "The field %s must be a list of texts", quote(o.path+name))
			return nil
		}
		texts = append(texts, *t)
	}
	return texts
}

// inner takes an object; absent is nil. The caller calls its done.
func (o *object) inner(name string) *object {
	raw := o.take(name)
	if raw == nil {
		return nil
	}
	in, err := readObject(raw, o.path+name+".")
	if err != nil {
		o.err = err
		return nil
	}
	return in
}

// clock takes a match clock; absent is nil.
func (o *object) clock(name string) (*game.ClockSpec, error) {
	in := o.inner(name)
	if in == nil {
		return nil, nil
	}
	clock := &game.ClockSpec{Initial: in.number("initial"), Increment: in.number("increment"), PerMove: in.number("perMove")}
	return clock, in.done()
}

// done is what is wrong with the object, if anything: a field that could not be
// taken, or one that nobody has asked for.
func (o *object) done() error {
	if o.err != nil || len(o.fields) == 0 {
		return o.err
	}
	names := make([]string, 0, len(o.fields))
	for name := range o.fields {
		names = append(names, name)
	}
	return refuse(wire.CodeBadRequest, "There is no field %s here", quote(o.path+slices.Min(names)))
}
