package memstore_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/memstore"
	"github.com/everturn/everturn/orchestrator/durable/storetest"
)

func TestStore(t *testing.T) {
	disks := map[string]*memstore.Store{}
	storetest.Run(t, func(_ testing.TB, dir string) durable.Store {
		if old := disks[dir]; old != nil {
			disks[dir] = old.Reopen()
		} else {
			disks[dir] = memstore.New(memstore.Options{})
		}
		return disks[dir]
	})
}

func one(p uint16, n uint64) *durable.Batch {
	k := fmt.Appendf(binary.BigEndian.AppendUint16(nil, p), "n%d", n)
	return &durable.Batch{Partition: p, Number: n, Rows: []durable.Row{{Key: k, Value: []byte{1}}}, Size: len(k) + 1}
}

func has(t *testing.T, s *memstore.Store, b *durable.Batch) bool {
	t.Helper()
	found := false
	err := s.View(func(r durable.Reader) error {
		_, err := r.Get(b.Rows[0].Key)
		if errors.Is(err, durable.ErrNoRow) {
			return nil
		}
		found = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// script is a manual store with batches queued, and what each done was told.
type script struct {
	*memstore.Store
	batches []*durable.Batch
	told    []string
}

func queue(batches ...*durable.Batch) *script {
	s := &script{memstore.New(memstore.Options{Manual: true}), batches, make([]string, len(batches))}
	for i, b := range batches {
		s.Commit(b, func(err error) { s.told[i] += fmt.Sprint(err) + ";" })
	}
	return s
}

func (s *script) check(t *testing.T, told string, there string) {
	t.Helper()
	gotTold, gotThere := "", ""
	for i, b := range s.batches {
		switch s.told[i] {
		case "":
			gotTold += "-"
		case "<nil>;":
			gotTold += "+"
		case memstore.ErrUnsure.Error() + ";":
			gotTold += "?"
		case durable.ErrRefused.Error() + ": the test says so;":
			gotTold += "r"
		default:
			gotTold += "!"
		}
		if has(t, s.Store, b) {
			gotThere += "x"
		} else {
			gotThere += "."
		}
	}
	if gotTold != told || gotThere != there {
		t.Errorf("told %q, there %q; want %q, %q", gotTold, gotThere, told, there)
	}
}

func TestManual(t *testing.T) {
	s := queue(one(1, 1), one(2, 1), one(1, 2))
	s.check(t, "---", "...")
	s.Apply(1)
	s.check(t, "+--", "x..")
	s.Resolve(1, memstore.Applied) // of another partition: out of order is fine
	s.check(t, "+-+", "x.x")
	if n := s.Apply(9); n != 1 || len(s.Pending()) != 0 {
		t.Errorf("applied %d", n)
	}
	s.check(t, "+++", "xxx")
}

func TestUnsure(t *testing.T) {
	for name, test := range map[string]struct {
		outcome     memstore.Outcome
		told, there string
	}{
		"untold": {memstore.Untold, "??", "x."},
		"lost":   {memstore.Lost, "??", ".."},
	} {
		t.Run(name, func(t *testing.T) {
			s := queue(one(1, 1), one(2, 1))
			s.Resolve(0, test.outcome)
			if err := s.View(func(durable.Reader) error { return nil }); !errors.Is(err, memstore.ErrUnsure) {
				t.Errorf("View: %v", err)
			}
			s.Commit(one(3, 1), func(err error) {
				if !errors.Is(err, memstore.ErrUnsure) {
					t.Errorf("Commit: %v", err)
				}
			})
			if err := s.Healthy(); !errors.Is(err, memstore.ErrUnsure) {
				t.Errorf("Healthy: %v", err)
			}
			if err := s.Recover(); err != nil {
				t.Fatal(err)
			}
			s.check(t, test.told, test.there)
		})
	}
}

// Any subset of a group may be there after an unsure commit.
func TestSubsetOfAGroup(t *testing.T) {
	s := queue(one(1, 1), one(2, 1), one(3, 1), one(2, 2))
	s.Resolve(0, memstore.Lost)
	s.Resolve(1, memstore.Untold) // partition 3
	if err := s.Recover(); err != nil {
		t.Fatal(err)
	}
	s.check(t, "????", "..x.")
}

func TestRefuseTakesLaterBatchesAlong(t *testing.T) {
	s := queue(one(1, 1), one(2, 1), one(1, 2))
	s.Resolve(0, memstore.Refused)
	s.check(t, "r-r", "...")
	s.Commit(one(1, 1), func(err error) {
		if err != nil {
			t.Error(err)
		}
	})
	s.Apply(2)
	if !has(t, s.Store, one(1, 1)) || !has(t, s.Store, one(2, 1)) {
		t.Error("the store did not live on")
	}
}

func TestCrash(t *testing.T) {
	s := queue(one(1, 1), one(1, 2))
	s.Apply(1)
	s.Crash()
	if err := s.View(func(durable.Reader) error { return nil }); !errors.Is(err, durable.ErrClosed) {
		t.Errorf("View: %v", err)
	}
	s.Store = s.Reopen()
	s.check(t, "+-", "x.")
	s.Commit(one(1, 2), func(error) {})
	s.Apply(1)
	s.check(t, "+-", "xx")
}

func TestFailCommit(t *testing.T) {
	s := memstore.New(memstore.Options{})
	s.FailCommit(2, memstore.Untold)
	var told []error
	for n := uint64(1); n <= 3; n++ {
		s.Commit(one(1, n), func(err error) { told = append(told, err) })
	}
	if told[0] != nil || !errors.Is(told[1], memstore.ErrUnsure) || !errors.Is(told[2], memstore.ErrUnsure) {
		t.Fatalf("told %v", told)
	}
	if err := s.Recover(); err != nil {
		t.Fatal(err)
	}
	if !has(t, s, one(1, 2)) || has(t, s, one(1, 3)) {
		t.Error("batch 2 is to be there, 3 not")
	}
}

func TestUnhealthy(t *testing.T) {
	s := memstore.New(memstore.Options{})
	s.SetHealthy(errors.New("no space"))
	s.Commit(one(1, 1), func(err error) {
		if !errors.Is(err, durable.ErrRefused) {
			t.Error(err)
		}
	})
	if s.Healthy() == nil {
		t.Error("healthy")
	}
	s.SetHealthy(nil)
	s.Commit(one(1, 1), func(err error) {
		if err != nil {
			t.Error(err)
		}
	})
}

// The same seed leads through the same states: what a simulation needs.
func TestDeterministic(t *testing.T) {
	run := func() string {
		rnd := rand.New(rand.NewPCG(7, 7))
		s, log := memstore.New(memstore.Options{Manual: true}), ""
		var next [4]uint64
		for range 2000 {
			p := uint16(rnd.IntN(4))
			switch rnd.IntN(6) {
			case 0:
				s.Apply(rnd.IntN(3))
			case 1:
				if n := len(s.Pending()); n > 0 {
					s.Resolve(rnd.IntN(n), memstore.Lost)
					if err := s.Recover(); err != nil {
						t.Fatal(err)
					}
					next = [4]uint64{}
				}
			default:
				next[p]++
				s.Commit(one(p, next[p]), func(err error) { log += fmt.Sprint(p, next[p], err, ";") })
			}
		}
		return log
	}
	if first, second := run(), run(); first != second {
		t.Error("two runs of one seed differ")
	}
}

// A step of a simulation: a view and a commit, in a store of some size.
func BenchmarkStep(b *testing.B) {
	s := memstore.New(memstore.Options{Manual: true})
	b.ReportAllocs()
	for i := range b.N {
		s.Commit(one(1, uint64(i+1)), func(error) {})
		s.Apply(1)
		if err := s.View(func(r durable.Reader) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
