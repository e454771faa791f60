package web

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/js"
)

// small gives a module as it goes over the wire: without comments, spaces and
// long local names. Modules are written for people and served to browsers, and
// this is in between instead of a build step; with --dev they are served as they
// are. What is vendored is small already, and stays what its sum says.
func small(name string, body []byte) ([]byte, error) {
	if path.Ext(name) != ".js" || strings.HasPrefix(name, "vendor/") {
		return body, nil
	}
	var out bytes.Buffer
	if err := (&js.Minifier{}).Minify(minify.New(), &out, bytes.NewReader(body), nil); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out.Bytes(), nil
}
