package entities_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
)

// asRegisters makes this test binary a server of registers, a child that can be
// killed: the directory of the database, and the fault that is planted, if any.
const asRegisters = "EVERTURN_TEST_AS_REGISTERS"

// The faults that the linearizability test must notice.
const (
	faultNone  = "none"
	faultEarly = "early" // answers leave before the commit
	faultTwice = "twice" // a request that is repeated is done again
)

// linearOp is an operation on a register: an entity, or an orchestration that
// answers requests, which is what a match is.
type linearOp struct {
	Key  string // "e…" an entity, "o…" an orchestration
	Do   string // "add", "put", "get", or "read", which does not go through a turn
	N    int
	Name string // of the client's request, empty for a read
	By   string
}

// linearAnswer is what came of it. Unsure means that the operation may have been done, or may be yet.
type linearAnswer struct {
	Value  int
	Unsure bool
	Error  string
}

var (
	registers   = entities.Define("register", func(string) int { return 0 })
	registerOps = map[string]*entities.Op[int, int, int]{
		"add": entities.On(registers, "add", func(_ *entities.Context, s *int, n int) (int, error) { *s += n; return *s, nil }),
		"put": entities.On(registers, "put", func(_ *entities.Context, s *int, n int) (int, error) { *s = n; return n, nil }),
		"get": entities.On(registers, "get", func(_ *entities.Context, s *int, _ int) (int, error) { return *s, nil }),
	}

	registerAsk = orchestrator.DefineRequest[linearOp, int]("do")
	// registerDesk is a register that is an orchestration, with a new generation
	// every few requests.
	registerDesk = orchestrator.Define("registerdesk", func(c *orchestrator.Context, value int) (int, error) {
		for range 20 {
			call, err := registerAsk.Wait(c)
			if err != nil {
				return 0, err
			}
			switch call.In.Do {
			case "add":
				value += call.In.N
			case "put":
				value = call.In.N
			}
			c.SetStatus(value)
			call.Answer(value)
		}
		return value, orchestrator.ContinueAsNew(c, value)
	})
)

// serveRegisters is the child: it serves on a socket in its directory until it
// is killed.
func serveRegisters(where string) error {
	dir, fault, _ := strings.Cut(where, ";")
	var store durable.Store
	badger, err := badgerstore.Open(dir+"/db", badgerstore.Options{Logger: zerolog.Nop()})
	if err != nil {
		return err
	}
	if store = badger; fault == faultEarly {
		store = newHasty(badger)
	}
	ents, err := entities.NewRegistry(registers)
	if err != nil {
		return err
	}
	reg, err := orchestrator.NewRegistry(registerDesk)
	if err != nil {
		return err
	}
	h, err := durable.Open(store, durable.Options{
		Behaviors: map[durable.Kind]durable.Behavior{
			entities.Kind:     entities.NewBehavior(ents, entities.Options{Strict: true}),
			orchestrator.Kind: orchestrator.NewBehavior(reg, orchestrator.Options{Strict: true}),
		},
		Worker: reg.Worker(), UptimeDelay: -1, Logger: zerolog.Nop(),
	})
	if err != nil {
		return err
	}
	socket := dir + "/s"
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	s := &registerServer{ents: entities.NewClient(h), orch: orchestrator.NewClient(h), forgetful: fault == faultTwice}
	return (&http.Server{Handler: s, ReadHeaderTimeout: time.Minute}).Serve(l)
}

type registerServer struct {
	ents      *entities.Client
	orch      *orchestrator.Client
	forgetful bool
}

func (s *registerServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var op linearOp
	if err := json.NewDecoder(r.Body).Decode(&op); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	value, err := s.do(r, op)
	a := linearAnswer{Value: value}
	if f := durable.AsFailure(err); f != nil {
		a.Error = f.Error()
		a.Unsure = f.Code == durable.CodeUnsure || f.Code == durable.CodeUnavailable
	}
	_ = json.NewEncoder(w).Encode(a)
}

func (s *registerServer) do(r *http.Request, op linearOp) (value int, err error) {
	ctx := r.Context()
	if s.forgetful {
		op.By, op.Name = "", ""
	}
	switch {
	case op.Do == "read" && op.Key[0] == 'e':
		value, _, _, err = registers.Read(s.ents, op.Key)
	case op.Do == "read":
		var status orchestrator.Status
		if status, err = s.orch.Status(op.Key); err == nil && status.Custom != nil {
			err = json.Unmarshal(status.Custom, &value)
		}
	case op.Do == "open":
		_, err = registerDesk.Begin(ctx, s.orch, 0, orchestrator.WithID(op.Key))
	case op.Key[0] == 'e':
		value, err = registerOps[op.Do].DoAs(ctx, s.ents, entities.Request{Caller: op.By, ID: op.Name}, op.Key, op.N)
	default:
		value, err = registerAsk.Do(ctx, s.orch, op.Key, op, orchestrator.RequestID(op.By, op.Name))
	}
	return value, err
}

// hasty is a store with the fault that answers leave before the commit.
type hasty struct {
	*badgerstore.Store
	queue chan func()
}

func newHasty(s *badgerstore.Store) *hasty {
	h := &hasty{s, make(chan func(), 1<<16)}
	go func() {
		for commit := range h.queue {
			commit()
		}
	}()
	return h
}

// Commit says at once that it is done.
func (h *hasty) Commit(b *durable.Batch, done func(error)) {
	done(nil)
	h.queue <- func() {
		time.Sleep(5 * time.Millisecond) // a disk that takes its time
		h.Store.Commit(b, func(error) {})
	}
}
