package inspect

import (
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/everturn/everturn/web/api"
)

// document is the description of the API. Every answer and every event of a stream
// that a test here gets is held against it.
var document = sync.OnceValues(func() (*compiled, error) {
	text, err := os.Open("../openapi.json")
	if err != nil {
		return nil, err
	}
	defer text.Close()
	tree, err := jsonschema.UnmarshalJSON(text)
	if err != nil {
		return nil, err
	}
	c := &compiled{Compiler: jsonschema.NewCompiler()}
	return c, c.AddResource("openapi.json", tree)
})

type compiled struct {
	*jsonschema.Compiler
	mu sync.Mutex
}

func (c *compiled) check(pointer, body string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	schema, err := c.Compile("openapi.json#" + pointer)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// describedBy wants a body to be as the document says at a place.
func describedBy(t *testing.T, pointer, body string) {
	t.Helper()
	c, err := document()
	must(t, err)
	if err := c.check(pointer, body); err != nil {
		t.Errorf("not as the OpenAPI document has it: %v\n%s", err, body)
	}
}

// checkAnswer holds the answer of a route that went well against the document.
func checkAnswer(t *testing.T, r reply) {
	t.Helper()
	if r.StatusCode != 200 || r.body == "" {
		return
	}
	segments := api.Segments(r.Request.URL, Root)
	for _, route := range routes {
		if _, ok := api.Match(route.path, segments); ok && route.method == r.Request.Method {
			path := strings.NewReplacer("~", "~0", "/", "~1").Replace(Root + "/" + route.path)
			describedBy(t, "/paths/"+path+"/"+strings.ToLower(route.method)+"/responses/200/content/application~1json/schema", r.body)
			return
		}
	}
}

// checkEvent does so for what a stream sends.
func checkEvent(t *testing.T, e event) {
	t.Helper()
	schema, known := map[string]string{"page": "Page", "status": "Instance", "entity": "Entity", "engine": "Engine"}[e.name]
	if known {
		describedBy(t, "/components/schemas/Inspector"+schema, e.data)
	}
}
