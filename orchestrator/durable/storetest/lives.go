package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/everturn/everturn/orchestrator/durable"
)

func testReopen(t *testing.T, open Open) {
	dir := t.TempDir()
	var epoch uint64
	var partitions int
	closing(t, open, dir, func(s durable.Store) {
		epoch, partitions = s.Epoch(), s.Partitions()
		for n := uint64(1); n <= 20; n++ {
			mustCommit(t, s, batch(5, n, fmt.Sprintf("row%d", n), fmt.Sprint(n)))
		}
	})
	closing(t, open, dir, func(s durable.Store) {
		if s.Epoch() != epoch || s.Partitions() != partitions {
			t.Errorf("epoch %d, %d partitions became %d, %d", epoch, partitions, s.Epoch(), s.Partitions())
		}
		for n := 1; n <= 20; n++ {
			want(t, s, 5, fmt.Sprintf("row%d", n), fmt.Sprint(n))
		}
		mustCommit(t, s, batch(5, 21, "row21", "21"))
		want(t, s, 5, "row21", "21")
	})
}

// testRecover: reading everything afresh loses nothing, also when it was not
// needed.
func testRecover(t *testing.T, open Open) {
	closing(t, open, t.TempDir(), func(s durable.Store) {
		for n := uint64(1); n <= 3; n++ {
			mustCommit(t, s, batch(5, n, "row", fmt.Sprint(n), fmt.Sprintf("row%d", n), ""))
			if err := s.Recover(); err != nil {
				t.Fatal(err)
			}
			want(t, s, 5, "row", fmt.Sprint(n))
			want(t, s, 5, "row1", "")
		}
		if err := s.Healthy(); err != nil {
			t.Error(err)
		}
	})
}

// testCloseFinishes: Close lets every commit that was let in end, once.
func testCloseFinishes(t *testing.T, open Open) {
	dir := t.TempDir()
	const n = 100
	var told [n]atomic.Int32
	s := open(t, dir)
	for i := range n {
		s.Commit(batch(1, uint64(i+1), fmt.Sprint(i), "there"), func(err error) {
			told[i].Add(1)
			if err != nil {
				t.Errorf("batch %d: %v", i, err)
			}
		})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range told {
		if c := told[i].Load(); c != 1 {
			t.Fatalf("done of batch %d was called %d times when Close returned", i, c)
		}
	}
	closing(t, open, dir, func(s durable.Store) {
		for i := range n {
			want(t, s, 1, fmt.Sprint(i), "there")
		}
	})
}

func testCloseWaits(t *testing.T, open Open) {
	s := open(t, t.TempDir())
	mustCommit(t, s, batch(1, 1, "row", "there"))
	inside, leave := make(chan struct{}), make(chan struct{})
	var ended atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		err := s.View(func(r durable.Reader) error {
			close(inside)
			<-leave
			v, err := r.Get(key(1, "row"))
			if string(v) != "there" {
				t.Errorf("the view reads %q, %v", v, err)
			}
			ended.Store(true)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-inside
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		t.Errorf("Close did not wait for the view, and gave %v", err)
		close(leave)
	case leave <- struct{}{}:
		if err := <-closed; err != nil || !ended.Load() {
			t.Errorf("Close gave %v; the view had ended: %v", err, ended.Load())
		}
	}
	wg.Wait()
}

func testAfterClose(t *testing.T, open Open) {
	s := open(t, t.TempDir())
	for range 3 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := commit(s, batch(1, 1, "row", ""))[0]; !errors.Is(err, durable.ErrClosed) {
		t.Errorf("Commit: %v", err)
	}
	if err := s.View(func(durable.Reader) error { return nil }); !errors.Is(err, durable.ErrClosed) {
		t.Errorf("View: %v", err)
	}
	if err := s.Recover(); !errors.Is(err, durable.ErrClosed) {
		t.Errorf("Recover: %v", err)
	}
	if err := s.Healthy(); !errors.Is(err, durable.ErrClosed) {
		t.Errorf("Healthy: %v", err)
	}
}
