package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/everturn/everturn/orchestrator/durable"
)

// testViewSeesDone reads from within done: the earliest moment.
func testViewSeesDone(t *testing.T, open Open) {
	closing(t, open, t.TempDir(), func(s durable.Store) {
		for n := uint64(1); n <= 30; n++ {
			told := make(chan string, 1)
			s.Commit(batch(3, n, "row", fmt.Sprint(n)), func(err error) {
				if err != nil {
					t.Error(err)
				}
				go func() { told <- get(t, s, 3, "row") }()
			})
			if got := <-told; got != fmt.Sprint(n) {
				t.Fatalf("a view after done of %d reads %s", n, got)
			}
		}
	})
}

func testSnapshot(t *testing.T, open Open) {
	closing(t, open, t.TempDir(), func(s durable.Store) {
		mustCommit(t, s, batch(1, 1, "a", "old", "b", "old", "gone", "old"))
		err := s.View(func(r durable.Reader) error {
			before, err := collect(r, key(1, ""), key(2, ""), false)
			if err != nil {
				return err
			}
			b := batch(1, 2, "a", "new", "c", "new")
			add(b, "gone", nil)
			mustCommit(t, s, b)
			after, err := collect(r, key(1, ""), key(2, ""), false)
			if d := cmp.Diff(before, after); d != "" {
				t.Errorf("the view changed:\n%s", d)
			}
			if v, err := r.Get(key(1, "gone")); err != nil || string(v) != "old" {
				t.Errorf("the view reads %q, %v", v, err)
			}
			if _, err := r.Get(key(1, "c")); !errors.Is(err, durable.ErrNoRow) {
				t.Errorf("the view reads a later row: %v", err)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		want(t, s, 1, "a", "new")
		want(t, s, 1, "gone", "<none>")
	})
}

// testSlices keeps what a scan and a get gave until the end of the view.
func testSlices(t *testing.T, open Open) {
	closing(t, open, t.TempDir(), func(s durable.Store) {
		b := batch(1, 1)
		for i := range 500 {
			add(b, fmt.Sprintf("k%03d", i), bytes.Repeat([]byte{byte(i)}, i))
		}
		mustCommit(t, s, b)
		err := s.View(func(r durable.Reader) error {
			first, err := r.Get(key(1, "k007"))
			if err != nil {
				return err
			}
			var rows []durable.Row
			err = r.Scan(key(1, ""), key(2, ""), false, func(k, v []byte) bool {
				rows = append(rows, durable.Row{Key: k, Value: v})
				return true
			})
			for i, row := range rows {
				if string(row.Key[2:]) != fmt.Sprintf("k%03d", i) || !bytes.Equal(row.Value, bytes.Repeat([]byte{byte(i)}, i)) {
					t.Fatalf("row %d became %q", i, row.Key)
				}
			}
			if !bytes.Equal(first, bytes.Repeat([]byte{7}, 7)) {
				t.Errorf("the value of Get became %q", first)
			}
			if len(rows) != 500 {
				t.Errorf("%d rows of 500", len(rows))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func testViewError(t *testing.T, open Open) {
	closing(t, open, t.TempDir(), func(s durable.Store) {
		mine := errors.New("mine")
		if err := s.View(func(durable.Reader) error { return mine }); !errors.Is(err, mine) {
			t.Fatalf("View gave %v", err)
		}
	})
}

func testPutDelete(t *testing.T, open Open) {
	dir := t.TempDir()
	closing(t, open, dir, func(s durable.Store) {
		mustCommit(t, s, batch(1, 1, "a", "1", "b", "1"))
		b := batch(1, 2, "b", "2")
		add(b, "a", nil)
		add(b, "never", nil) // deleting what is not there is no error
		mustCommit(t, s, b)
		want(t, s, 1, "a", "<none>")
		want(t, s, 1, "b", "2")
		mustCommit(t, s, batch(1, 3, "a", "3"))
		want(t, s, 1, "a", "3")
		b = batch(1, 4)
		add(b, "b", nil)
		mustCommit(t, s, b)
	})
	closing(t, open, dir, func(s durable.Store) {
		want(t, s, 1, "a", "3")
		want(t, s, 1, "b", "<none>")
		want(t, s, 1, "never", "<none>")
	})
}

func testEmptyValue(t *testing.T, open Open) {
	dir := t.TempDir()
	for range 2 {
		closing(t, open, dir, func(s durable.Store) {
			b := batch(1, 1)
			add(b, "empty", []byte{})
			mustCommit(t, s, b)
			want(t, s, 1, "empty", "")
			err := s.View(func(r durable.Reader) error {
				v, err := r.Get(key(1, "empty"))
				if v == nil {
					t.Error("an empty value reads as nil, which is a delete")
				}
				rows, _ := collect(r, key(1, ""), key(2, ""), false)
				if d := cmp.Diff([]string{"1.empty="}, rows); d != "" {
					t.Error(d)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func testScan(t *testing.T, open Open) {
	closing(t, open, t.TempDir(), func(s durable.Store) {
		last := uint16(s.Partitions() - 1)
		mustCommit(t, s, batch(0, 1, "a", "0"), batch(1, 1, "", "0", "a", "1", "b", "2", "ba", "3", "c", "4"), batch(2, 1, "a", "5"), batch(last, 1, "z", "6"))
		end := fmt.Sprintf("%d.z=6", last)
		for _, test := range []struct {
			name       string
			start, end []byte
			want       []string
		}{
			{"all of a partition", key(1, ""), key(2, ""), []string{"1.=0", "1.a=1", "1.b=2", "1.ba=3", "1.c=4"}},
			{"start is in, end is not", key(1, "a"), key(1, "c"), []string{"1.a=1", "1.b=2", "1.ba=3"}},
			{"bounds between rows", key(1, "aa"), key(1, "bb"), []string{"1.b=2", "1.ba=3"}},
			{"one row", key(1, "b"), key(1, "b\x00"), []string{"1.b=2"}},
			{"nothing between", key(1, "d"), key(1, "e"), nil},
			{"start is end", key(1, "b"), key(1, "b"), nil},
			{"upside down", key(1, "c"), key(1, "a"), nil},
			{"across partitions", key(1, "c"), key(2, "b"), []string{"1.c=4", "2.a=5"}},
			{"to the end", key(2, ""), nil, []string{"2.a=5", end}},
			{"from the start", nil, key(1, "a"), []string{"0.a=0", "1.=0"}},
			{"everything", nil, nil, []string{"0.a=0", "1.=0", "1.a=1", "1.b=2", "1.ba=3", "1.c=4", "2.a=5", end}},
		} {
			err := s.View(func(r durable.Reader) error {
				up, err := collect(r, test.start, test.end, false)
				if d := cmp.Diff(test.want, up); d != "" {
					t.Errorf("%s:\n%s", test.name, d)
				}
				down, derr := collect(r, test.start, test.end, true)
				slices.Reverse(down)
				if d := cmp.Diff(test.want, down); d != "" {
					t.Errorf("%s, reverse:\n%s", test.name, d)
				}
				return errors.Join(err, derr)
			})
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
		}
	})
}

func testScanStops(t *testing.T, open Open) {
	closing(t, open, t.TempDir(), func(s durable.Store) {
		mustCommit(t, s, batch(1, 1, "a", "1", "b", "2", "c", "3"))
		for _, reverse := range []bool{false, true} {
			calls := 0
			err := s.View(func(r durable.Reader) error {
				return r.Scan(key(1, ""), key(2, ""), reverse, func(k, _ []byte) bool {
					calls++
					_, err := r.Get(k) // reading inside a scan is fine
					return err == nil && calls < 2
				})
			})
			if err != nil || calls != 2 {
				t.Errorf("reverse %v: fn was called %d times, %v", reverse, calls, err)
			}
		}
	})
}

// testScanModel compares random batches and scans with a map, across reopens.
func testScanModel(t *testing.T, open Open) {
	const seed = 20261123
	rnd := rand.New(rand.NewPCG(seed, 1))
	dir, model, number := t.TempDir(), map[string]string{}, uint64(0)
	name := func() string { return fmt.Sprintf("%03d", rnd.IntN(200)) }
	for range 3 {
		closing(t, open, dir, func(s durable.Store) {
			for range 40 {
				number++
				b, used := batch(4, number), map[string]bool{}
				for range rnd.IntN(20) {
					k := name()
					if used[k] {
						continue
					}
					used[k] = true
					if rnd.IntN(3) == 0 {
						add(b, k, nil)
						delete(model, k)
					} else {
						model[k] = fmt.Sprint(number)
						add(b, k, []byte(model[k]))
					}
				}
				mustCommit(t, s, b)
				from, to, reverse := name(), name(), rnd.IntN(2) == 0
				var wanted []string
				for _, k := range slices.Sorted(maps.Keys(model)) {
					if from <= k && k < to {
						wanted = append(wanted, fmt.Sprintf("4.%s=%s", k, model[k]))
					}
				}
				if reverse {
					slices.Reverse(wanted)
				}
				err := s.View(func(r durable.Reader) error {
					got, err := collect(r, key(4, from), key(4, to), reverse)
					if d := cmp.Diff(wanted, got); d != "" {
						t.Fatalf("seed %d, batch %d, %s to %s, reverse %v:\n%s", seed, number, from, to, reverse, d)
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
