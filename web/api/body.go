package api

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

// MaxBody is the most bytes of a JSON body.
const MaxBody = 64 << 10

// Object is a JSON object out of a request, read strictly: encoding/json alone
// would take a name in the wrong case, and the last of two values. The methods
// take its fields out one by one, and Done refuses what is left. The first thing
// that is wrong is kept and given by Done; all else is zero values then.
//
// A field that is null counts as absent.
type Object struct {
	path   string // in front of the fields' names in sentences
	fields map[string]json.RawMessage
	err    error
}

// Need says whether a route works without a body.
type Need bool

// A route works without a body, or not.
const (
	Needed   Need = true
	Optional Need = false
)

// ReadBody reads the body of a JSON route. Errors are too_large, unsupported
// and bad_request. Without a body, where it is optional, the object is empty.
func ReadBody(c echo.Context, need Need) (*Object, error) {
	return ReadBodyOf(c, need, MaxBody)
}

// ReadBodyOf is ReadBody for bodies that may be larger.
func ReadBodyOf(c echo.Context, need Need, limit int64) (*Object, error) {
	r := c.Request()
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, err
	case err != nil:
		return nil, Refuse(wire.CodeBadRequest, "The body could not be read to its end")
	case len(body) == 0 && need == Optional:
		return &Object{}, nil
	}
	if err := CheckMedia(r.Header); err != nil {
		return nil, err
	}
	return ParseObject(body)
}

// CheckMedia wants plain application/json in UTF-8. Other pages cannot send that
// across sites without asking first.
func CheckMedia(h http.Header) error {
	if h.Get(echo.HeaderContentEncoding) != "" {
		return Refuse(wire.CodeUnsupported, "The body must not be compressed")
	}
	media, params, err := mime.ParseMediaType(h.Get(echo.HeaderContentType))
	if err != nil || media != echo.MIMEApplicationJSON {
		return Refuse(wire.CodeUnsupported, "The Content-Type must be application/json")
	}
	if charset, given := params["charset"]; given && !strings.EqualFold(charset, "utf-8") {
		return Refuse(wire.CodeUnsupported, "The charset must be utf-8")
	}
	return nil
}

// ParseObject reads one JSON object and nothing else.
func ParseObject(body []byte) (*Object, error) {
	if len(body) == 0 {
		return nil, Refuse(wire.CodeBadRequest, "The body is empty; it must be a JSON object")
	}
	if !utf8.Valid(body) {
		return nil, Refuse(wire.CodeBadRequest, "The body is not valid UTF-8")
	}
	var whole json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil { // one value, and nothing behind it
		return nil, Refuse(wire.CodeBadRequest, "The body is not valid JSON: %v", err)
	}
	return readObject(whole, "")
}

// readObject splits valid JSON into its fields.
func readObject(raw json.RawMessage, path string) (*Object, error) {
	what := "The body"
	if path != "" {
		what = "The field " + Quote(strings.TrimSuffix(path, "."))
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, Refuse(wire.CodeBadRequest, "%s must be a JSON object", what)
	}
	o := &Object{path: path, fields: map[string]json.RawMessage{}}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, Refuse(wire.CodeBadRequest, "%s is not valid JSON", what)
		}
		name, _ := t.(string) // in valid JSON it is one
		if _, twice := o.fields[name]; twice {
			return nil, Refuse(wire.CodeBadRequest, "The field %s is given twice", Quote(path+name))
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, Refuse(wire.CodeBadRequest, "%s is not valid JSON", what)
		}
		o.fields[name] = value
	}
	return o, nil
}

// Take gives a field's JSON, and nil if it is absent or null.
func (o *Object) Take(name string) json.RawMessage {
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

// Into reads a field into a value; what says in words what it must be.
func (o *Object) Into(name string, value any, what string) (present bool) {
	raw := o.Take(name)
	if raw == nil {
		return false
	}
	if err := json.Unmarshal(raw, value); err != nil {
		o.err = Refuse(wire.CodeBadRequest, "The field %s must be %s", Quote(o.path+name), what)
		return false
	}
	return true
}

// Text takes a text; present tells an empty one from none.
func (o *Object) Text(name string) (value string, present bool) {
	present = o.Into(name, &value, "a text")
	return value, present
}

// Flag takes a boolean; absent is false.
func (o *Object) Flag(name string) (value bool) {
	o.Into(name, &value, "true or false")
	return value
}

// Number takes a whole number; absent is 0.
func (o *Object) Number(name string) (value int64) {
	o.Into(name, &value, "a whole number")
	return value
}

// Texts takes a list of texts; absent is nil, which an empty list is not.
func (o *Object) Texts(name string) []string {
	var list []*string // an element that is null stays nil
	if !o.Into(name, &list, "a list of texts") {
		return nil
	}
	texts := make([]string, 0, len(list))
	for _, t := range list {
		if t == nil {
			o.err = Refuse(wire.CodeBadRequest, "The field %s must be a list of texts", Quote(o.path+name))
			return nil
		}
		texts = append(texts, *t)
	}
	return texts
}

// Inner takes an object; absent is nil. The caller calls its Done.
func (o *Object) Inner(name string) *Object {
	raw := o.Take(name)
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

// Clock takes a match clock; absent is nil.
func (o *Object) Clock(name string) (*game.ClockSpec, error) {
	in := o.Inner(name)
	if in == nil {
		return nil, nil
	}
	clock := &game.ClockSpec{Initial: in.Number("initial"), Increment: in.Number("increment"), PerMove: in.Number("perMove")}
	return clock, in.Done()
}

// Done is what is wrong with the object, if anything: a field that could not be
// taken, or one that nobody has asked for.
func (o *Object) Done() error {
	if o.err != nil || len(o.fields) == 0 {
		return o.err
	}
	names := make([]string, 0, len(o.fields))
	for name := range o.fields {
		names = append(names, name)
	}
	return Refuse(wire.CodeBadRequest, "There is no field %s here", Quote(o.path+slices.Min(names)))
}
