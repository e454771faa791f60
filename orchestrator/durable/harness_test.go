package durable

import (
	"testing"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// single is one partition (or several) on one thread, for tests of a few steps.
type single struct {
	t     *testing.T
	store SimStore
	*partition
	now       Time
	token     uint64
	delivered []numbered
	acks      []uint64
	work      []Work
	dropped   []workKey
	options   *Options
}

// turnFunc is a behavior as a function.
type turnFunc func(now Time, in *Instance, messages []Message) (Outcome, error)

func (f turnFunc) Turn(now Time, in *Instance, messages []Message) (Outcome, error) {
	return f(now, in, messages)
}

const kindTest Kind = 't'

func newSingle(t *testing.T, partitions int, f turnFunc) *single {
	s := &single{t: t, store: NewSimStore(partitions), now: Time{Wall: 1000, Uptime: 10}}
	o := &Options{Behaviors: map[Kind]Behavior{kindTest: f}, CacheBytes: partitions << 20, Logger: zerolog.Nop()}
	s.options = o
	s.restart()
	return s
}

// restart goes on with another process, which knows only what is stored.
func (s *single) restart() {
	s.t.Helper()
	s.partition = newPartition(0, s.store, s.options, s, s, &Stats{})
	s.mustLoad()
}

func (s *single) deliver(_, _ int, list []numbered) { s.delivered = append(s.delivered, list...) }
func (s *single) acked(_, _ int, n uint64)          { s.acks = append(s.acks, n) }
func (s *single) submit(_ int, _ uint64, w Work)    { s.work = append(s.work, w) }
func (s *single) drop(keys []workKey)               { s.dropped = append(s.dropped, keys...) }

func (s *single) mustLoad() {
	s.t.Helper()
	if err := s.load(); err != nil {
		s.t.Fatal(err)
	}
}

// commit makes one batch of the parcels and gives it an outcome. After a
// failure the partition is loaded again.
func (s *single) commit(o SimOutcome, in ...parcel) {
	s.t.Helper()
	if err := s.between(); err != nil {
		s.t.Fatal(err)
	}
	b := s.step(s.now, in)
	if b != nil {
		seen := map[string]bool{}
		for _, r := range b.Rows {
			if seen[string(r.Key)] {
				s.t.Fatalf("key %q twice in one batch", r.Key)
			}
			seen[string(r.Key)] = true
		}
		if b.Size > MaxBatch || len(b.Rows) > MaxBatchRows {
			s.t.Fatalf("a batch of %d bytes and %d rows", b.Size, len(b.Rows))
		}
		told := make(chan error, 1)
		s.store.Commit(b, func(err error) { told <- err })
		if len(s.store.Pending()) > 0 {
			s.store.Resolve(0, o)
		}
		err := <-told
		if (err == nil) != (o == SimApplied) {
			s.t.Fatalf("commit: %v", err)
		}
		switch o {
		case SimRefused:
			s.fail(Fail(CodeUnavailable, err.Error()))
			s.mustLoad()
			return
		case SimLost, SimUntold:
			s.fail(Fail(CodeUnsure, err.Error()))
			if err := s.store.Recover(); err != nil {
				s.t.Fatal(err)
			}
			s.mustLoad()
			return
		}
	}
	if err := s.release(); err != nil {
		s.t.Fatal(err)
	}
}

// rest commits until there is nothing to do.
func (s *single) rest() {
	s.t.Helper()
	for range 1000 {
		before := s.meta.batch
		s.commit(SimApplied)
		if s.meta.batch == before && len(s.kept)+len(s.backlog) == 0 {
			return
		}
	}
	s.t.Fatal("it does not come to rest")
}

// client is a message of a client, and where its answers go.
func (s *single) client(key, name string, answers *[]string) parcel {
	s.token++
	return parcel{kind: fromClient, m: Message{To: ID{Kind: kindTest, Key: key}, Op: OpUser, Name: name, Stamp: s.now, Return: Return{Token: s.token}}, done: func(a Answer) {
		if answers == nil {
			return
		}
		if a.Fail != nil {
			*answers = append(*answers, string(a.Fail.Code))
			return
		}
		*answers = append(*answers, string(a.Body))
	}}
}

// request is a client's message with a request id.
func (s *single) request(key, name string, answers *[]string) parcel {
	c := s.client(key, name, answers)
	c.m.Return.Caller, c.m.Return.Request = "caller", name
	return c
}

// leftovers are the rows of the store but for the partition's own.
func (s *single) leftovers() []string {
	w := world{store: s.store, parts: make([]*simPartition, s.store.Partitions())}
	return w.leftovers()
}
