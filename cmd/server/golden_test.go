package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/klauspost/compress/zstd"
)

var update = flag.Bool("update", false, "make the golden database of today's format anew")

// goldenDatabases has a directory for each released format: a database as a
// server left it that was killed in the middle of everything (database.tar.zst),
// and what people had been told by then (told.json).
const goldenDatabases = "../../testdata/databases"

// goldenToday is the one that -update makes: a release that changes what is
// stored gives it a new name, and keeps the old ones.
const goldenToday = "1-engine"

// TestGoldenDatabase opens the databases of all released formats with today's
// code: what was told is there, and everything that was under way comes to its
// end.
//
//	go test ./cmd/server -run TestGoldenDatabase -update
func TestGoldenDatabase(t *testing.T) {
	if *update {
		dir := filepath.Join(goldenDatabases, goldenToday)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		data := filepath.Join(t.TempDir(), "data")
		told := makeGolden(t, data)
		writeFile(t, filepath.Join(dir, "database.tar.zst"), pack(t, data))
		text, err := json.MarshalIndent(told, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, "told.json"), append(text, '\n'))
	}
	dirs, err := filepath.Glob(filepath.Join(goldenDatabases, "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no golden databases: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var told golden
			text, err := os.ReadFile(filepath.Join(dir, "told.json"))
			if err == nil {
				err = json.Unmarshal(text, &told)
			}
			if err != nil {
				t.Fatal(err)
			}
			data := filepath.Join(t.TempDir(), "data")
			unpack(t, filepath.Join(dir, "database.tar.zst"), data)
			told.check(t, data)
		})
	}
}

func writeFile(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d bytes", name, len(content))
}

// sizeRecord is the size of a file whose zeros at the end were left out: Badger's
// logs are sparse.
const sizeRecord = "EVERTURN.size"

// pack makes an archive of a directory.
func pack(t *testing.T, dir string) []byte {
	t.Helper()
	var archive bytes.Buffer
	z, err := zstd.NewWriter(&archive, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		size := len(content)
		content = bytes.TrimRight(content, "\x00")
		h := &tar.Header{
			Name: filepath.ToSlash(name), Mode: 0o600, Size: int64(len(content)), Format: tar.FormatPAX,
			PAXRecords: map[string]string{sizeRecord: strconv.Itoa(size)},
		}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	})
	if err := errors.Join(err, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

// unpack makes a directory of an archive.
func unpack(t *testing.T, file, dir string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var names []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = unpackOne(r, h, filepath.Join(dir, filepath.FromSlash(h.Name)))
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
	if !slices.Contains(names, "everturn.format") {
		t.Fatalf("%s holds no database: %v", file, names)
	}
}

func unpackOne(r io.Reader, h *tar.Header, path string) error {
	size, err := strconv.ParseInt(h.PAXRecords[sizeRecord], 10, 64)
	if err != nil {
		return err
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600), os.Truncate(path, size))
}
