package badgerstore

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Any bytes as a log give an error or a prefix of them, never a panic.
func FuzzScanLog(f *testing.F) {
	s := mustOpen(f, f.TempDir(), testOptions())
	mustCommit(f, s, put(1, 1, "row", "value"))
	mustCommit(f, s, put(1, 2, "row", "other"))
	logs, err := filepath.Glob(filepath.Join(s.dir, "*.mem"))
	if err != nil || len(logs) != 1 {
		f.Fatal(logs, err)
	}
	log, err := os.ReadFile(logs[0])
	if err != nil {
		f.Fatal(err)
	}
	mustClose(f, s)
	f.Add(log[:400])
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return // a file without bytes cannot be mapped, and is never scanned
		}
		path := filepath.Join(t.TempDir(), "00001.mem")
		writeFile(t, path, string(b))
		scan, err := scanLog(path)
		if err == nil && (scan.end < logHeader || scan.end > int64(len(b)) || scan.last < scan.first) {
			t.Errorf("%+v of %d bytes", scan, len(b))
		}
	})
}

// Any bytes as a table are refused or checked, never a panic.
func FuzzCheckTable(f *testing.F) {
	s := mustOpen(f, f.TempDir(), testOptions())
	mustCommit(f, s, put(1, 1, "row", "value"))
	mustClose(f, s)
	tables, err := filepath.Glob(filepath.Join(s.dir, "*.sst"))
	if err != nil || len(tables) != 1 {
		f.Fatal(tables, err)
	}
	whole, err := os.ReadFile(tables[0])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "000001.sst")
		writeFile(t, path, string(b))
		if _, err := checkTable(path); err == nil && len(b) < 20 {
			t.Errorf("%q passes for a table", b)
		}
	})
}

// Any bytes as a format file or a mark are read or refused.
func FuzzFormatAndMark(f *testing.F) {
	f.Add([]byte(format{Partitions: 32, Epoch: 7}.text()))
	f.Add(markSlot{Sequence: 1, Number: 2, Clean: true}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := parseFormat(string(b)); err == nil && (got.Partitions < 1 || got.Partitions > MaxPartitions) {
			t.Errorf("%+v", got)
		}
		if slot, ok := decodeMark(b); ok && !bytes.Equal(slot.encode()[8:36-4], b[8:36-4]) {
			t.Errorf("%+v reads otherwise than it writes", slot)
		}
	})
}
