package static_test

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/everturn/everturn/static"
)

// A file that embed's patterns miss would be there with --dev and nowhere else. The pictures in shots are for those who
// read about the client, and not a part of it.
func TestEverythingButTestsIsEmbedded(t *testing.T) {
	want, got := map[string]bool{}, map[string]bool{}
	walk(t, os.DirFS("."), func(name string) {
		if path.Ext(name) != ".go" && !strings.HasPrefix(name, "test/") && !strings.HasPrefix(name, "shots/") {
			want[name] = true
		}
	})
	walk(t, static.FS(), func(name string) { got[name] = true })
	for name := range want {
		if !got[name] {
			t.Errorf("%s is not embedded", name)
		}
	}
	for name := range got {
		if !want[name] {
			t.Errorf("%s is embedded and should not be", name)
		}
	}
	if !got["index.html"] {
		t.Error("there is no index.html")
	}
}

func walk(t *testing.T, fsys fs.FS, found func(name string)) {
	t.Helper()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found(name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
