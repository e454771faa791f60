package durable

import (
	"fmt"
	"sync"
	"testing"

	"github.com/rs/zerolog"
)

// addOne counts, keeps a history entry and publishes an event: about what a
// move of a match does.
var addOne = turnFunc(func(_ Time, in *Instance, messages []Message) (o Outcome, err error) {
	o.Head = AppendUint(make([]byte, 0, 64), in.Turns+1)
	o.Append = [][]byte{[]byte(`{"move":17}`)}
	o.Publish = [][]byte{[]byte(`{"board":"xxoo  xo ","next":1}`)}
	o.Hot = in
	for i := range messages {
		o.Reply = append(o.Reply, Reply{To: messages[i].Return, Body: o.Head})
	}
	return o, nil
})

type nobody struct{}

func (nobody) deliver(int, int, []numbered) {}
func (nobody) acked(int, int, uint64)       {}
func (nobody) submit(int, uint64, Work)     {}
func (nobody) drop([]workKey)               {}

// BenchmarkTurn is one message, one turn, one batch, on one thread, by itself
// and in batches of a hundred.
func BenchmarkTurn(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprint("batch=", n), func(b *testing.B) {
			store := NewTestStore(1)
			p := newPartition(0, store, &Options{Behaviors: map[Kind]Behavior{kindTest: addOne}, CacheBytes: 64 << 20, Logger: zerolog.Nop()}, nobody{}, nobody{}, &Stats{})
			if err := p.load(); err != nil {
				b.Fatal(err)
			}
			var keys, requests []string
			for i := range 100 {
				keys = append(keys, fmt.Sprint("match", i))
			}
			for i := range 1 << 16 { // far more than an instance remembers
				requests = append(requests, fmt.Sprint("request", i))
			}
			in := make([]parcel, n)
			told := func(err error) {
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			token := uint64(0)
			for i := 0; b.Loop(); i++ {
				if i%n != 0 {
					continue
				}
				for k := range in {
					token++
					in[k] = parcel{kind: fromClient, done: func(Answer) {}, m: Message{
						To: ID{Kind: kindTest, Key: keys[(i+k)%100]}, Op: OpUser, Name: "move", Body: []byte("17"), Stamp: Time{Wall: int64(i), Uptime: int64(i)},
						Return: Return{Token: token, Caller: "player", Request: requests[(i+k)/100%len(requests)]},
					}}
				}
				if batch := p.step(Time{Wall: int64(i), Uptime: int64(i)}, in); batch != nil {
					store.Commit(batch, told)
				}
				if err := p.release(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPost_200 is 200 clients, each with a request under way all the time.
func BenchmarkPost_200(b *testing.B) {
	h := openHost(b, NewTestStore(32), addOne)
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for c := range 200 {
		n := b.N / 200
		if c < b.N%200 {
			n++
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			answered := make(chan struct{}, 1)
			done := func(Answer) { answered <- struct{}{} }
			id := ID{Kind: kindTest, Key: fmt.Sprint("match", c)}
			for i := range n {
				h.Post(Message{To: id, Op: OpUser, Name: "move", Body: []byte("17"), Return: Return{Caller: "player", Request: fmt.Sprint(i)}}, done)
				<-answered
			}
		}()
	}
	wg.Wait()
	b.StopTimer()
	if n := h.Stats().Commits.Load(); n > 0 {
		b.ReportMetric(float64(h.Stats().Turns.Load())/float64(n), "turns/commit")
	}
}
