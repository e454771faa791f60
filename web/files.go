package web

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // the page for what is not there
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

const indexPage = "index.html"

//go:embed notfound.html
var notFoundPage []byte

// mediaTypes are those of the client's files; what has none is not served.
var mediaTypes = map[string]string{
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".ico":         "image/x-icon",
	".woff2":       "font/woff2",
	".json":        "application/json",
	".webmanifest": "application/manifest+json",
	".md":          "text/plain; charset=utf-8",
	"":             "text/plain; charset=utf-8", // licences
}

// files are the client's: all in memory, by name, so that no address can lead
// anywhere else. They never change, and may be used concurrently.
type files struct {
	byName  map[string]*file
	brought map[string]*file // by rooms; these come first
	dev     fs.FS            // for working on the client: files are read when asked for
}

type file struct {
	media string
	body  []byte
	hash  string // of the body

	once   sync.Once
	zipped []byte // by gzip; nil if that saves next to nothing
}

// loadFiles reads what is embedded. With dev, a folder, files are read from
// there instead, at each request; close ends that.
func loadFiles(embedded fs.FS, dev string) (f *files, closeDev func() error, err error) {
	f = &files{byName: map[string]*file{}, brought: map[string]*file{}}
	if dev != "" {
		root, err := os.OpenRoot(dev) // no link in it leads out
		if err != nil {
			return nil, nil, fmt.Errorf("web: the client's files: %w", err)
		}
		f.dev = root.FS()
		return f, root.Close, nil
	}
	f.byName, err = readFiles(embedded)
	if err == nil && f.byName[indexPage] == nil {
		err = errors.New("web: the client's files: there is no " + indexPage)
	}
	if err != nil {
		return nil, nil, err
	}
	return f, func() error { return nil }, nil
}

// bring takes in what a room brings; nil is nothing.
func (f *files) bring(from fs.FS) error {
	if from == nil {
		return nil
	}
	more, err := readFiles(from)
	maps.Copy(f.brought, more)
	return err
}

// readFiles reads all files that are served, by name.
func readFiles(from fs.FS) (map[string]*file, error) {
	byName := map[string]*file{}
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !served(name) {
			return err
		}
		body, err := fs.ReadFile(from, name)
		if err == nil {
			body, err = small(name, body)
		}
		byName[name] = newFile(name, body)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("web: the client's files: %w", err)
	}
	return byName, nil
}

// served says whether a file is part of the client, and not of its tests.
func served(name string) bool {
	_, known := mediaTypes[path.Ext(name)]
	return known && !strings.HasPrefix(name, "test/") && !strings.Contains("/"+name, "/.") && !strings.ContainsAny(name, "\x00\\")
}

func newFile(name string, body []byte) *file {
	sum := sha256.Sum256(body)
	return &file{media: mediaTypes[path.Ext(name)], body: body, hash: hex.EncodeToString(sum[:16])}
}

// find gives a file by its name; nil if there is none.
func (f *files) find(name string) (*file, error) {
	if found := f.brought[name]; found != nil || f.dev == nil {
		return cmp.Or(found, f.byName[name]), nil
	}
	if !fs.ValidPath(name) || !served(name) {
		return nil, nil
	}
	body, err := fs.ReadFile(f.dev, name)
	if info, failed := fs.Stat(f.dev, name); err != nil && (errors.Is(err, fs.ErrNotExist) || failed == nil && info.IsDir()) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return newFile(name, body), nil
}

// showFile serves the file of the address, and a page that helps where there is
// none.
func (f *files) showFile(c echo.Context) error {
	found, err := f.find(strings.TrimPrefix(c.Request().URL.Path, "/"))
	if err != nil {
		return err
	}
	if found == nil {
		return c.HTMLBlob(http.StatusNotFound, notFoundPage)
	}
	return f.serve(c, found)
}

// show serves one file whatever the address: the client's document finds out by
// the address what to show.
func (f *files) show(name string) echo.HandlerFunc {
	return func(c echo.Context) error {
		found, err := f.find(name)
		if err != nil {
			return err
		}
		if found == nil {
			return c.HTMLBlob(http.StatusNotFound, notFoundPage)
		}
		return f.serve(c, found)
	}
}

// serve answers with a file. Browsers may keep it, and ask each time whether it
// is still the same, so that a new server never meets old modules.
func (f *files) serve(c echo.Context, found *file) error {
	h := c.Response().Header()
	if f.dev != nil {
		return c.Blob(http.StatusOK, found.media, found.body) // no-store, as by default
	}
	body, etag := found.body, `"`+found.hash+`"`
	if zipped := found.gzip(); zipped != nil {
		h.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
		accept := strings.Join(c.Request().Header.Values(echo.HeaderAcceptEncoding), ",")
		if acceptsGzip(accept) {
			h.Set(echo.HeaderContentEncoding, "gzip")
			body, etag = zipped, `"`+found.hash+`-gzip"`
		}
	}
	h.Set(echo.HeaderCacheControl, "no-cache")
	h.Set("ETag", etag)
	if sameTag(c.Request().Header.Values("If-None-Match"), etag) {
		h.Del(echo.HeaderContentEncoding)
		return c.NoContent(http.StatusNotModified)
	}
	h.Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	return c.Blob(http.StatusOK, found.media, body)
}

// gzip is the file's compressed form, made when it is first asked for.
func (f *file) gzip() []byte {
	f.once.Do(func() {
		var b bytes.Buffer
		w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err == nil {
			_, err = w.Write(f.body)
		}
		if err == nil {
			err = w.Close()
		}
		if err == nil && b.Len() < len(f.body)*9/10 {
			f.zipped = b.Bytes()
		}
	})
	return f.zipped
}

func acceptsGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, params, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			return qOf(params) > 0
		}
	}
	return false
}

// sameTag says whether If-None-Match names the tag. Weak and strong ones compare
// alike there (RFC 9110, 13.1.2).
func sameTag(given []string, etag string) bool {
	for _, header := range given {
		for tag := range strings.SplitSeq(header, ",") {
			tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
			if tag == etag || tag == "*" {
				return true
			}
		}
	}
	return false
}
