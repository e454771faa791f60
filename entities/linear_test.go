package entities_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

var linearKills = flag.Int("linear.kills", 4, "how often TestLinearizable kills the server")

const (
	linearClients = 8
	linearAcks    = 150 // between two kills, at least
	linearRound   = 20  // kills of one server
)

// TestLinearizable has concurrent clients call entities and ask orchestrations
// on a server that is killed again and again (SIGKILL, the files of a real
// database), and checks that what they were told can have happened one after the
// other, each operation between its call and its answer. A client that loses
// its answer insists, under the same request id, or gives up: then the operation
// may have been done at any time since, or never.
func TestLinearizable(t *testing.T) {
	for left := *linearKills; left > 0; left -= linearRound { // the checker takes more than twice as long for twice as much
		run := newLinearRun(t, faultNone)
		run.play(min(left, linearRound))
		if result := run.check(); result != porcupine.Ok {
			t.Errorf("%d operations, %d of them unsure: %v", len(run.history), run.unsure, result)
		}
		t.Logf("%d operations, %d repeated, %d unsure, %d kills", len(run.history), run.repeated, run.unsure, min(left, linearRound))
	}
}

// The checker must notice a server that answers before it has committed, and one
// that does a repeated request again.
func TestLinearizableNoticesFaults(t *testing.T) {
	for _, fault := range []string{faultEarly, faultTwice} {
		t.Run(fault, func(t *testing.T) {
			run := newLinearRun(t, fault)
			for range 10 { // a fault shows when the moment is right
				if run.play(2); run.check() == porcupine.Illegal {
					return
				}
			}
			t.Errorf("%d operations, %d repeated: nobody noticed", len(run.history), run.repeated)
		})
	}
}

// linearModel is one register: the state and all values are ints. An operation
// without an answer may have had any; none is refused.
var linearModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[string][]porcupine.Operation{}
		for _, op := range history {
			key := op.Input.(linearOp).Key
			byKey[key] = append(byKey[key], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return 0 },
	Step: func(state, input, output any) (bool, any) {
		value, op, answer := state.(int), input.(linearOp), output.(linearAnswer)
		switch op.Do {
		case "add":
			value += op.N
		case "put":
			value = op.N
		}
		return answer.Unsure || answer.Error == "" && answer.Value == value, value
	},
}

// linearRun is one server with its clients, and what they saw.
type linearRun struct {
	t     *testing.T
	dir   string
	fault string
	http  *http.Client
	begun time.Time

	mu       sync.Mutex
	acks     chan struct{} // one token for each answer
	history  []porcupine.Operation
	names    int
	repeated int
	unsure   int
}

func newLinearRun(t *testing.T, fault string) *linearRun {
	dir, err := os.MkdirTemp("", "linear") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	r := &linearRun{t: t, dir: dir, fault: fault, begun: time.Now(), acks: make(chan struct{}, 1<<16)}
	r.http = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", dir+"/s")
		},
	}}
	t.Cleanup(r.http.CloseIdleConnections)
	return r
}

// start starts the server and gives what kills it.
func (r *linearRun) start() (kill func()) {
	r.t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), asRegisters+"="+r.dir+";"+r.fault)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	if lines := bufio.NewScanner(out); !lines.Scan() || lines.Text() != "ready" {
		_ = c.Wait()
		r.t.Fatalf("the server did not come up: %q, %v", lines.Text(), c.ProcessState)
	}
	return func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
}

// play lets clients play while the server is killed so often.
func (r *linearRun) play(kills int) {
	r.t.Helper()
	kill := r.start()
	for _, key := range []string{"o0", "o1"} {
		if a, ok := r.post(r.t.Context(), linearOp{Key: key, Do: "open"}); !ok || a.Unsure {
			r.t.Fatalf("%s: %+v", key, a)
		}
	}
	ctx, stop := context.WithCancel(r.t.Context())
	var clients sync.WaitGroup
	for n := range linearClients {
		rng := rand.New(rand.NewPCG(rand.Uint64(), uint64(n)))
		clients.Go(func() { r.client(ctx, n, rng) })
	}
	for n := range kills {
		r.await(linearAcks + n*17%100)
		kill()
		kill = r.start()
	}
	r.await(linearAcks)
	stop() // whoever waits for an answer still gets it, or gives up
	clients.Wait()
	kill()
}

// await waits for some answers.
func (r *linearRun) await(acks int) {
	r.t.Helper()
	limit := time.After(time.Minute)
	for range acks {
		select {
		case <-r.acks:
		case <-limit:
			r.t.Fatal("no answers")
		}
	}
}

// client makes one operation after the other.
func (r *linearRun) client(ctx context.Context, n int, rng *rand.Rand) {
	for ctx.Err() == nil {
		op := linearOp{Key: []string{"e0", "e1", "o0", "o1"}[rng.IntN(4)], Do: []string{"add", "add", "put", "get", "read"}[rng.IntN(5)], N: rng.IntN(1000), By: fmt.Sprint("client", n)}
		r.mu.Lock()
		r.names++
		op.Name = fmt.Sprint(r.names)
		r.mu.Unlock()
		patience := 1 << 20
		if rng.IntN(4) == 0 {
			patience = 1
		}
		r.operate(n, op, patience)
	}
}

// operate makes an operation, and insists on it while it has patience.
func (r *linearRun) operate(client int, op linearOp, patience int) {
	call := time.Since(r.begun)
	for try := 0; ; try++ {
		answer, ok := r.post(context.Background(), op)
		if ok && !answer.Unsure {
			r.note(porcupine.Operation{ClientId: client, Input: op, Call: int64(call), Output: answer, Return: int64(time.Since(r.begun))}, try)
			return
		}
		if op.Do == "read" || try+1 >= patience && op.Do == "get" {
			return // nothing was done
		}
		if try+1 >= patience {
			r.note(porcupine.Operation{ClientId: client, Input: op, Call: int64(call), Output: linearAnswer{Unsure: true}, Return: math.MaxInt64}, try)
			return
		}
		time.Sleep(2 * time.Millisecond) // the server is away
	}
}

func (r *linearRun) note(op porcupine.Operation, tries int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history = append(r.history, op)
	if tries > 0 {
		r.repeated++
	}
	if op.Output.(linearAnswer).Unsure {
		r.unsure++
		return
	}
	r.acks <- struct{}{}
}

// post asks the server; false means that there is no telling what it did.
func (r *linearRun) post(ctx context.Context, op linearOp) (a linearAnswer, ok bool) {
	body, err := json.Marshal(op)
	if err != nil {
		r.t.Error(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://registers/", bytes.NewReader(body))
	if err != nil {
		r.t.Error(err)
		return a, false
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return a, false
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return a, false
	}
	if a.Error != "" && !a.Unsure && op.Do != "open" && r.fault == faultNone {
		r.t.Errorf("%+v: %s", op, a.Error)
	}
	return a, true
}

func (r *linearRun) check() porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(linearModel, r.history, 20*time.Second)
}
