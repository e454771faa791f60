package durable

import (
	"testing"
	"testing/synctest"
	"time"
)

// Instances that nobody needs leave the memory by themselves, each after its own while, and are back when they are
// needed.
func TestUnusedInstancesHibernate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHost(t, NewTestStore(1), publishing)
		in := func() (n int) {
			synctest.Wait()
			for _, f := range h.Figures() {
				n += int(f.Instances)
			}
			return n
		}
		ann, bob := ID{Kind: kindTest, Key: "ann"}, ID{Kind: kindTest, Key: "bob"}
		ask(t, h, ann, "one")
		ask(t, h, bob, "one")
		time.Sleep(12 * time.Second)
		ask(t, h, bob, "two")
		time.Sleep(12 * time.Second)
		if n := in(); n != 1 {
			t.Errorf("%d instances are in memory, not that which was used of late", n)
		}
		time.Sleep(12 * time.Second)
		if n := in(); n != 0 {
			t.Errorf("%d instances are in memory", n)
		}
		if a := ask(t, h, ann, "two"); a.Fail != nil || string(a.Body) != "2" {
			t.Errorf("it wakes with %q, %v", a.Body, a.Fail)
		}
		h.Close()
	})
}
