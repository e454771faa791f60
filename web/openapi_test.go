package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/everturn/everturn/game"
	"github.com/everturn/everturn/web/demo"
	"github.com/everturn/everturn/web/inspect"
	"github.com/everturn/everturn/web/manage"
	"github.com/everturn/everturn/web/plug"
	"github.com/everturn/everturn/web/wire"
)

// document is the OpenAPI document as tests read it: every answer that a house gives in a test of this package is held
// against it (see house.do).
type document struct {
	tree     map[string]any
	routes   map[string]*regexp.Regexp // by path
	compiler *jsonschema.Compiler
	mu       sync.Mutex
	schemas  map[string]*jsonschema.Schema // by pointer
}

var readDocument = sync.OnceValues(func() (*document, error) {
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(openAPI))
	if err != nil {
		return nil, err
	}
	d := &document{tree: tree.(map[string]any), routes: map[string]*regexp.Regexp{}, compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	if err := d.compiler.AddResource("openapi.json", tree); err != nil {
		return nil, err
	}
	for path := range d.tree["paths"].(map[string]any) {
		d.routes[path] = regexp.MustCompile("^" + regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, `[^/]+`) + "$")
	}
	return d, nil
})

// at is what a pointer such as "/paths/~1api~1games/get" leads to; references are followed. Real is the pointer without them.
func (d *document) at(pointer string) (value any, real string) {
	value = d.tree
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, ""
		}
		if value, ok = object[unescape(part)]; !ok {
			return nil, ""
		}
		real += "/" + part
		if in, ok := value.(map[string]any); ok && !strings.HasSuffix(real, "/schema") {
			if ref, ok := in["$ref"].(string); ok {
				value, real = d.at(strings.TrimPrefix(ref, "#"))
			}
		}
	}
	return value, real
}

func escape(part string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(part) }

func unescape(part string) string { return strings.NewReplacer("~1", "/", "~0", "~").Replace(part) }

// schema is the compiled schema at a pointer.
func (d *document) schema(pointer string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.schemas[pointer]; s != nil {
		return s, nil
	}
	s, err := d.compiler.Compile("openapi.json#" + pointer)
	d.schemas[pointer] = s
	return s, err
}

// operation is the pointer to the operation of a request; empty if there is none.
func (d *document) operation(method, path string) string {
	if _, literal := d.routes[path]; !literal {
		for template, pattern := range d.routes {
			if pattern.MatchString(path) && strings.Contains(template, "{") {
				path = template
				break
			}
		}
	}
	pointer := "/paths/" + escape(path) + "/" + strings.ToLower(method)
	if op, _ := d.at(pointer); op == nil {
		return ""
	}
	return pointer
}

// check says what of an answer the document does not say.
func (d *document) check(r reply) error {
	method, path := r.Request.Method, r.Request.URL.Path
	operation := d.operation(method, path)
	if operation == "" {
		return nil // TestTheDocumentHasTheRoutes finds what is missing
	}
	answer, real := d.at(operation + "/responses/" + strconv.Itoa(r.StatusCode))
	if answer == nil {
		_, real = d.at(operation + "/responses/default")
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if len(r.body) == 0 {
		if content, _ := d.at(real + "/content"); content != nil && r.StatusCode != http.StatusSwitchingProtocols {
			return fmt.Errorf("%s %s: %d without a body", method, path, r.StatusCode)
		}
		return nil
	}
	pointer := real + "/content/" + escape(media) + "/schema"
	if s, _ := d.at(pointer); err != nil || s == nil {
		return fmt.Errorf("%s %s: %d with %q, which the document does not know", method, path, r.StatusCode, media)
	}
	if !strings.HasSuffix(media, "json") {
		return nil
	}
	s, err := d.schema(pointer)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.body))
	if err == nil {
		err = s.Validate(value)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %d %s: %w", method, path, r.StatusCode, r.body, err)
	}
	return nil
}

func mustReadDocument(t testing.TB) *document {
	t.Helper()
	d, err := readDocument()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheDocumentIsServed(t *testing.T) {
	h := openHouse(t, nil)
	r := h.ok(call{method: "GET", path: "/api/openapi.json"}, 200, nil)
	if !bytes.Equal(r.body, openAPI) || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("it is %s, %d bytes", r.Header.Get("Content-Type"), len(r.body))
	}
	page := h.ok(call{method: "GET", path: "/api"}, 200, nil)
	if !bytes.Contains(page.body, []byte(`src="/reference/reference.js"`)) || page.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("the page is %s", page.body)
	}
	for _, file := range []string{"/reference/reference.js", "/reference/reference.css"} {
		h.ok(call{method: "GET", path: file}, 200, nil)
	}
}

// Every route is in the document, and every operation of the document is a route.
func TestTheDocumentHasTheRoutes(t *testing.T) {
	d := mustReadDocument(t)
	var written []string
	for path, item := range d.tree["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			if method != "parameters" {
				written = append(written, strings.ToUpper(method)+" "+path)
			}
		}
	}
	slices.Sort(written)
	h := openHouse(t, func(o *Options) { o.Rooms, o.Loopback = demos, true })
	if diff := cmp.Diff(h.routes(), written); diff != "" {
		t.Errorf("routes, code (-) and document (+):\n%s", diff)
	}
}

var ofDemo = regexp.MustCompile(`^/api/(shop/|carts/|orders/|jobs)`)

// demos are rooms with nothing below them: who calls their routes is told that something is broken, but not that there is
// no such route.
var demos = []Room{
	{Mount: demo.NewCart().Mount},
	{Mount: demo.NewJobs(nil).Mount},
	{Mount: inspect.New(inspect.Options{}).Mount, Pages: inspect.Pages()},
	{Mount: plug.New(noSocket{}, "b").Mount},
}

// noSocket has no plug in it.
type noSocket struct{}

func (noSocket) Pull(context.Context, plug.Moment) error { return nil }
func (noSocket) Leave()                                  {}
func (noSocket) Waiting() plug.Moment                    { return "" }
func (noSocket) Last() *plug.Cut                         { return nil }

// routes are those for programs: neither pages nor files.
func (h *house) routes() (list []string) {
	for _, r := range h.router(demos).Routes() {
		switch r.Path {
		case "/", "/m/*", "/p/*", "/replay", "/leaderboard", "/*", "/api":
			continue
		}
		if _, page := inspect.Pages()[r.Path]; page {
			continue
		}
		if !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, r.Method) || strings.HasSuffix(r.Path, "*") {
			continue
		}
		path := strings.ReplaceAll(strings.ReplaceAll(r.Path, ":match", "2222"), ":id", "x")
		if answer := h.do(call{method: r.Method, path: path}); answer.StatusCode != http.StatusMethodNotAllowed {
			list = append(list, r.Method+" "+regexp.MustCompile(`:(\w+)`).ReplaceAllString(r.Path, "{$1}"))
		}
	}
	list = slices.Concat(list, manage.Routes(), inspect.Routes())
	slices.Sort(list)
	return list
}

// The lists of words are the code's.
func TestTheDocumentHasTheWords(t *testing.T) {
	d := mustReadDocument(t)
	same := func(pointer string, want []string) {
		t.Helper()
		list, _ := d.at("/components/schemas/" + pointer)
		var got []string
		for _, word := range list.([]any) {
			got = append(got, fmt.Sprint(word))
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, code (-) and document (+):\n%s", pointer, diff)
		}
	}
	same("Code/enum", texts(wire.Codes()))
	same("State/enum", texts(wire.States()))
	same("Result/properties/kind/enum", texts([]game.Kind{game.Win, game.Draw, game.Coop, game.Void}))
	same("Option/properties/type/enum", texts([]game.OptionType{game.IntType, game.BoolType, game.ChoiceType}))
}

// Every parameter and every field of a body that the document names is known to its route.
func TestTheDocumentsParametersAreKnown(t *testing.T) {
	h, d := openHouse(t, nil), mustReadDocument(t)
	ann := h.enter("Ann")
	made := h.create(ann, `{"game":"tictactoe","seats":["bot:1"]}`)
	for path, item := range d.tree["paths"].(map[string]any) {
		address := strings.NewReplacer("{match}", made.ID, "{id}", ann.id).Replace(path)
		for method, op := range item.(map[string]any) {
			if method == "parameters" || path == "/api/session" || strings.HasPrefix(path, manage.Root) || strings.HasPrefix(path, inspect.Root) || ofDemo.MatchString(path) {
				continue // rooms are tested on their own; management ignores what it does not know
			}
			op := op.(map[string]any)
			parameters, _ := op["parameters"].([]any)
			for _, p := range parameters {
				if p := p.(map[string]any); p["in"] == "query" {
					r := h.do(call{method: strings.ToUpper(method), path: address + "?" + p["name"].(string) + "=", token: ann.token})
					if strings.Contains(string(r.body), "There is no parameter") {
						t.Errorf("%s %s: %s", method, path, r.body)
					}
				}
			}
			fields, _ := d.at("/paths/" + escape(path) + "/" + method + "/requestBody/content/application~1json")
			if fields == nil {
				continue
			}
			schema := fields.(map[string]any)["schema"].(map[string]any)
			if ref, ok := schema["$ref"].(string); ok {
				named, _ := d.at(strings.TrimPrefix(ref, "#"))
				schema = named.(map[string]any)
			}
			properties, _ := schema["properties"].(map[string]any)
			body := map[string]any{}
			for name := range properties {
				body[name] = nil
			}
			text, err := json.Marshal(body)
			h.must(err)
			r := h.do(call{method: strings.ToUpper(method), path: address, token: ann.token, body: string(text)})
			if strings.Contains(string(r.body), "There is no field") {
				t.Errorf("%s %s: %s", method, path, r.body)
			}
		}
	}
}

// What the document does not allow is found: the check of every other test here is no formality.
func TestTheDocumentRefusesOtherAnswers(t *testing.T) {
	h, d := openHouse(t, nil), mustReadDocument(t)
	right := h.ok(call{method: "GET", path: "/api/games"}, 200, nil)
	for what, change := range map[string]func(r *reply){
		"a field more":   func(r *reply) { r.body = bytes.Replace(r.body, []byte(`"id"`), []byte(`"extra":1,"id"`), 1) },
		"a field less":   func(r *reply) { r.body = bytes.Replace(r.body, []byte(`"hidden":false,`), nil, 1) },
		"another type":   func(r *reply) { r.body = bytes.Replace(r.body, []byte(`"minSeats":2`), []byte(`"minSeats":"2"`), 1) },
		"another status": func(r *reply) { r.Response.StatusCode = 409 },
		"another media":  func(r *reply) { r.Header.Set("Content-Type", "text/html") },
		"nothing":        func(r *reply) { r.body = nil },
		"an unknown code": func(r *reply) {
			r.Response.StatusCode = 503
			r.Header.Set("Content-Type", "application/problem+json")
			r.body = []byte(`{"type":"about:blank","title":"x","status":503,"code":"oops","detail":"x"}`)
		},
	} {
		response := *right.Response
		response.Header = right.Header.Clone()
		r := reply{&response, right.body}
		if err := d.check(r); err != nil {
			t.Fatal(err)
		}
		if change(&r); d.check(r) == nil {
			t.Errorf("%s is not noticed", what)
		}
	}
}
