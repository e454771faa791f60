//go:build linux

package entities_test

import (
	"fmt"
	"testing"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/everturn/everturn/orchestrator/durable/benchtest"
)

// The limits beside the bars: Badger alone, one synced transaction at a time,
// and behind a bare group committer with 200 producers.
func BenchmarkLimit_BadgerTxn(b *testing.B) {
	db := bareBadger(b)
	value := make([]byte, 300)
	benchtest.Crowd(b, 1, func(_, i int) error {
		return db.Update(func(tx *badger.Txn) error { return tx.Set(fmt.Appendf(nil, "key-%d", i%tallies), value) })
	})
	if rate := float64(b.N) / b.Elapsed().Seconds(); rate > 20_000 {
		b.Errorf("%.0f synced transactions a second: there was no fsync, the run is void", rate)
	}
}

func BenchmarkLimit_Committer_200(b *testing.B) {
	db := bareBadger(b)
	value := make([]byte, 300)
	type put struct {
		key  []byte
		done chan error
	}
	puts := make(chan put, 4096)
	b.Cleanup(func() { close(puts) })
	go func() {
		for first := range puts {
			group := []put{first}
			for more := true; more && len(group) < 4096; {
				select {
				case p := <-puts:
					group = append(group, p)
				default:
					more = false
				}
			}
			err := db.Update(func(tx *badger.Txn) error {
				for _, p := range group {
					if err := tx.Set(p.key, value); err != nil {
						return err
					}
				}
				return nil
			})
			for _, p := range group {
				p.done <- err
			}
		}
	}()
	benchtest.Crowd(b, 200, func(_, i int) error {
		p := put{fmt.Appendf(nil, "key-%d", i%tallies), make(chan error, 1)}
		puts <- p
		return <-p.done
	})
}

func bareBadger(b *testing.B) *badger.DB {
	db, err := badger.Open(badger.DefaultOptions(benchtest.Dir(b)).WithSyncWrites(true).WithLogger(nil).WithDetectConflicts(false))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}
