package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/everturn/everturn/static"
)

func TestFiles(t *testing.T) {
	h := openHouse(t, nil)
	for path, want := range map[string]struct{ media, file string }{
		"/":                     {"text/html; charset=utf-8", "index.html"},
		"/m/K7QX":               {"text/html; charset=utf-8", "index.html"},
		"/m/K7QX/replay":        {"text/html; charset=utf-8", "index.html"},
		"/p/abc":                {"text/html; charset=utf-8", "index.html"},
		"/leaderboard":          {"text/html; charset=utf-8", "index.html"},
		"/js/main.js":           {"text/javascript; charset=utf-8", "js/main.js"},
		"/vendor/htm-preact.js": {"text/javascript; charset=utf-8", "vendor/htm-preact.js"},
		"/css/base.css":         {"text/css; charset=utf-8", "css/base.css"},
		"/favicon.svg":          {"image/svg+xml", "favicon.svg"},
		"/manifest.webmanifest": {"application/manifest+json", "manifest.webmanifest"},
		"/vendor/LICENSE-htm":   {"text/plain; charset=utf-8", "vendor/LICENSE-htm"},
	} {
		body, err := static.FS().Open(want.file)
		h.must(err)
		content, err := io.ReadAll(body)
		h.must(err)
		content, err = small(want.file, content)
		h.must(err)
		r := h.ok(call{method: "GET", path: path}, 200, nil)
		if !bytes.Equal(r.body, content) || r.Header.Get("Content-Type") != want.media || r.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %v, %d bytes", path, r.Header, len(r.body))
		}
		tag := r.Header.Get("ETag")
		if len(tag) < 18 || tag[0] != '"' {
			t.Errorf("%s: ETag %s", path, tag)
		}
		head := h.ok(call{method: "HEAD", path: path}, 200, nil)
		if len(head.body) != 0 || head.ContentLength != int64(len(content)) || head.Header.Get("ETag") != tag {
			t.Errorf("HEAD %s: %v", path, head.Header)
		}
		for given, status := range map[string]int{
			tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200, "": 200, strings.Trim(tag, `"`): 200,
		} {
			r := h.ok(call{method: "GET", path: path, header: http.Header{"If-None-Match": {given}}}, status, nil)
			if status == 304 && (len(r.body) != 0 || r.Header.Get("ETag") != tag || r.Header.Get("Cache-Control") != "no-cache") {
				t.Errorf("%s with If-None-Match %s: %v", path, given, r.Header)
			}
		}
	}
}

func TestFilesAreCompressed(t *testing.T) {
	h := openHouse(t, nil)
	gz := http.Header{"Accept-Encoding": {"br;q=1, gzip;q=0.5"}}
	identity := h.ok(call{method: "GET", path: "/vendor/htm-preact.js"}, 200, nil)
	zipped := h.ok(call{method: "GET", path: "/vendor/htm-preact.js", header: gz}, 200, nil)
	if zipped.Header.Get("Content-Encoding") != "gzip" || zipped.ContentLength != int64(len(zipped.body)) || len(zipped.body) >= len(identity.body) {
		t.Errorf("zipped: %v", zipped.Header)
	}
	if zipped.Header.Get("ETag") == identity.Header.Get("ETag") {
		t.Error("two representations have one ETag")
	}
	for _, r := range []reply{identity, zipped} {
		if r.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Vary %q", r.Header.Get("Vary"))
		}
	}
	unzip, err := gzip.NewReader(bytes.NewReader(zipped.body))
	h.must(err)
	content, err := io.ReadAll(unzip)
	h.must(err)
	if !bytes.Equal(content, identity.body) {
		t.Error("what was zipped is something else")
	}
	gz.Set("If-None-Match", zipped.Header.Get("ETag"))
	if r := h.ok(call{method: "GET", path: "/vendor/htm-preact.js", header: gz}, 304, nil); r.Header.Get("Content-Encoding") != "" {
		t.Errorf("304: %v", r.Header)
	}
	for accept, want := range map[string]string{"gzip;q=0": "", "deflate": "", "GZIP": "gzip", "x-gzip": "", "gzip;q=0.001": "gzip"} {
		r := h.ok(call{method: "GET", path: "/js/main.js", header: http.Header{"Accept-Encoding": {accept}}}, 200, nil)
		if got := r.Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %s: %q", accept, got)
		}
	}
}

// All modules together, over the wire: the bar of the client.
func TestClientIsSmall(t *testing.T) {
	const budget = 80_000
	h := openHouse(t, nil)
	sizes := map[string]int{}
	for name := range h.files.byName {
		if area, _, _ := strings.Cut(name, "/"); area == "reference" || area == "inspector" || area == "workshop" || area == "demo" {
			continue // pages of their own, which players never load
		}
		sizes[filepath.Ext(name)] += len(h.ok(call{method: "GET", path: "/" + name, header: http.Header{"Accept-Encoding": {"gzip"}}}, 200, nil).body)
	}
	t.Logf("bytes over the wire: %v", sizes)
	if sizes[".js"] > budget || sizes[".js"] < budget/10 {
		t.Errorf("all JavaScript is %d bytes over the wire, the budget %d", sizes[".js"], budget)
	}
}

// Modules are made smaller, and stay modules; vendored ones stay what they are.
func TestModulesAreMinified(t *testing.T) {
	body, err := small("js/a.js", []byte("/** Why. */\nimport { b } from \"./b.js\";\nexport function sum(first, second) {\n  return first + second + b; // all\n}\n"))
	if got := string(body); err != nil || strings.Contains(got, "Why") || !strings.Contains(got, `from"./b.js"`) || !strings.Contains(got, "export function sum(") || len(got) > 70 {
		t.Errorf("%s, %v", got, err)
	}
	for _, name := range []string{"vendor/a.js", "css/a.css"} {
		if body, err := small(name, []byte("a  /* b */")); err != nil || string(body) != "a  /* b */" {
			t.Errorf("%s: %s, %v", name, body, err)
		}
	}
	if _, err := small("js/broken.js", []byte("import {")); err == nil || !strings.Contains(err.Error(), "js/broken.js") {
		t.Errorf("a broken module: %v", err)
	}
}

func TestNoSuchFile(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"index.html": "<p>hello", "js/a.js": "1", "test/secret.js": "2", ".hidden.js": "3", "embed.go": "4", "x.exe": "5"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(folder), "outside.js"), []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("..", "..", "outside.js"), filepath.Join(folder, "js", "link.js")); err != nil {
		t.Fatal(err)
	}
	for name, h := range map[string]*house{"embedded": openHouse(t, nil), "dev": openHouse(t, func(o *Options) { o.Dev = folder })} {
		for _, path := range []string{
			"/nothing", "/js", "/js/", "/js/nothing.js", "/index.html/", "/../outside.js", "/js/../../outside.js", "/%2e%2e/outside.js", "/..%2foutside.js",
			"/js/..%2f..%2foutside.js", "/js/%2e%2e%2f%2e%2e%2foutside.js", "/..%5coutside.js", "//outside.js", "/js//main.js", "/js/./main.js",
			"/js/main.js%00", "/%00", "/test/secret.js", "/test/world.mjs", "/test/", "/embed.go", "/.hidden.js", "/x.exe", "/js/main.js/x", "/C:/x.js", "/js/a.js/",
		} {
			r := h.do(call{method: "GET", path: path})
			if r.StatusCode != 404 || !strings.Contains(string(r.body), "There is nothing here") || r.Header.Get("Content-Type") != "text/html; charset=UTF-8" {
				t.Errorf("%s: %s: %d %.80s", name, path, r.StatusCode, r.body)
			}
		}
		// A link that leads out is no file of ours, whatever the answer is called.
		if r := h.do(call{method: "GET", path: "/js/link.js"}); r.StatusCode < 400 || strings.Contains(string(r.body), "secret") {
			t.Errorf("%s: a link out of the folder: %d %s", name, r.StatusCode, r.body)
		}
	}
}

func TestDevReadsFromDisk(t *testing.T) {
	folder := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(folder, "index.html"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	h := openHouse(t, func(o *Options) { o.Dev = folder })
	for _, text := range []string{"one", "two"} {
		write(text)
		r := h.ok(call{method: "GET", path: "/m/K7QX", header: http.Header{"Accept-Encoding": {"gzip"}, "If-None-Match": {"*"}}}, 200, nil)
		if string(r.body) != text || r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("ETag") != "" {
			t.Errorf("%s: %v", r.body, r.Header)
		}
	}
	if _, err := New(Options{Desk: h.desk, Engine: h, Dev: filepath.Join(folder, "nothing")}); err == nil {
		t.Error("a folder that is not there was taken")
	}
}

func TestEveryEmbeddedFileIsServed(t *testing.T) {
	f, closeFiles, err := loadFiles(static.FS(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := closeFiles(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"index.html", "js/main.js", "games/index.js", "css/base.css", "favicon.svg"} {
		if f.byName[name] == nil {
			t.Errorf("%s is not served", name)
		}
	}
	if _, _, err := loadFiles(fstest.MapFS{"a.js": {}}, ""); err == nil {
		t.Error("files without an index.html were taken")
	}
}

func TestRoomsBringFiles(t *testing.T) {
	for _, dev := range []string{"", "../static"} {
		h := openHouse(t, func(o *Options) {
			o.Dev = dev
			o.Rooms = []Room{{Files: fstest.MapFS{
				"games/more.js": {Data: []byte(`import nim from "./nim.js"; export default [nim];`)},
				"games/nim.js":  {Data: []byte("export default {}")},
				"secret.txt":    {Data: []byte("no media type, so not served")},
			}}}
		})
		if r := h.ok(call{method: "GET", path: "/games/more.js"}, 200, nil); !strings.Contains(string(r.body), "nim") {
			t.Errorf("dev %q: in the place of the client's own: %s", dev, r.body)
		}
		if r := h.ok(call{method: "GET", path: "/games/nim.js"}, 200, nil); r.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("dev %q: beside the client's own: %v", dev, r.Header)
		}
		if r := h.do(call{method: "GET", path: "/secret.txt"}); r.StatusCode != 404 {
			t.Errorf("dev %q: secret.txt: %d", dev, r.StatusCode)
		}
	}
	h := openHouse(t, nil)
	if _, err := New(Options{Desk: h.desk, Engine: h, Rooms: []Room{{Files: fstest.MapFS{"bad.js": {Data: []byte("let let let")}}}}}); err == nil {
		t.Error("a module that cannot be read was taken")
	}
}
