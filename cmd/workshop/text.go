package workshop

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/everturn/everturn/web"
	"github.com/everturn/everturn/web/api"
)

//go:embed *.md */README.md
var texts embed.FS

// Text is one page of the follow-along.
type Text struct {
	// Name is the last part of its address: the step's folder, "dictionary", "teacher" or "script".
	Name  string `json:"name"`
	Title string `json:"title"`
	// HTML is rendered from our own texts; raw HTML in them is left out.
	HTML string `json:"html"`
}

// source is a text by its name and its file.
type source struct{ name, file string }

// beside are the texts that are not steps, in order, by their files.
var beside = []source{
	{"dictionary", "DICTIONARY.md"}, {"teacher", "README.md"}, {"script", "SCRIPT.md"},
}

// Texts are the steps in order, and then what goes with them.
func Texts() ([]Text, error) {
	var list []Text
	for _, s := range sources() {
		text, err := render(s.name, s.file)
		if err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, nil
}

// sources are all texts in order.
func sources() (list []source) {
	files, err := fs.Glob(texts, "*/README.md") // sorted
	if err != nil {
		panic(err) // the pattern above is wrong
	}
	for _, file := range files {
		list = append(list, source{path.Dir(file), file})
	}
	return append(list, beside...)
}

// render makes a page of a file, whose first line is its title.
func render(name, file string) (Text, error) {
	source, err := texts.ReadFile(file)
	if err != nil {
		return Text{}, err
	}
	first, _, _ := strings.Cut(string(source), "\n")
	title, ok := strings.CutPrefix(first, "# ")
	if !ok {
		return Text{}, fmt.Errorf("workshop: %s does not begin with a title", file)
	}
	var html bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.Table)).Convert(source, &html); err != nil {
		return Text{}, fmt.Errorf("workshop: %s: %w", file, err)
	}
	return Text{Name: name, Title: title, HTML: addresses().Replace(html.String())}, nil
}

// addresses has links from file to file lead from page to page.
func addresses() *strings.Replacer {
	var pairs []string
	for _, s := range sources() {
		pairs = append(pairs, `href="`+s.file+`"`, `href="/workshop/`+s.name+`"`)
	}
	return strings.NewReplacer(pairs...)
}

// rendered is the answer with all texts, made when it is first asked for.
var rendered = sync.OnceValues(func() ([]byte, error) {
	list, err := Texts()
	if err != nil {
		return nil, err
	}
	return json.Marshal(list)
})

// Room is the page /workshop, with an address for each text, the texts themselves, and which step's program it is that
// serves them: empty for the server, which has no step's definitions.
func Room(step string) web.Room {
	const page = "workshop/index.html"
	pages := map[string]string{"/workshop": page}
	for _, s := range sources() {
		pages["/workshop/"+s.name] = page
	}
	return web.Room{
		Mount: func(e *echo.Echo) {
			api.Mount(e, "/workshop/texts.json", api.Methods{http.MethodGet: func(c echo.Context) error {
				body, err := rendered()
				if err != nil {
					return err
				}
				return c.JSONBlob(http.StatusOK, body)
			}})
			api.Mount(e, "/workshop/program.json", api.Methods{http.MethodGet: func(c echo.Context) error {
				return c.JSON(http.StatusOK, map[string]string{"step": step})
			}})
		},
		Pages: pages,
	}
}
