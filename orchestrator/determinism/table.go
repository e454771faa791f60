package determinism

import (
	"go/types"
	"strings"
)

// kind is what kind of thing a finding is. It says what to do instead.
type kind string

const (
	clock      kind = "clock"
	waiting    kind = "waiting"
	chance     kind = "chance"
	goroutine  kind = "goroutine"
	channel    kind = "channel"
	lock       kind = "lock"
	mapOrder   kind = "map order"
	inOut      kind = "I/O"
	logging    kind = "logging"
	machine    kind = "machine"
	waits      kind = "context"
	writing    kind = "writing"
	reading    kind = "reading"
	deferring  kind = "defer"
	recovering kind = "recover"
)

// elsewhere says whether the kind counts in packages of other modules, whose
// locks and tables are their own affair.
func (k kind) elsewhere() bool {
	switch k {
	case clock, waiting, chance, goroutine, inOut:
		return true
	}
	return false
}

// advice says what to do instead, in an orchestration or in an operation of an
// entity.
func (k kind) advice(entity bool) string {
	if entity {
		if a, ok := entityAdvice[k]; ok {
			return a
		}
	}
	return advice[k]
}

var advice = map[kind]string{
	clock:      "use c.Now()",
	waiting:    "use c.Sleep or c.Timer",
	chance:     "use c.Rand() or c.NewID(), or an activity for secrets",
	goroutine:  "start activities or sub-orchestrations by Go, and wait with All",
	channel:    "use futures, with All and Any, and events",
	lock:       "one goroutine runs it at a time, and it shares nothing: it needs none",
	mapOrder:   "the order of a map differs from run to run: go through slices.Sorted(maps.Keys(m))",
	inOut:      "do it in an activity",
	logging:    "use c.Log(), which is silent during a replay",
	machine:    "it differs from machine to machine: pass it in with the input, or ask an activity",
	waits:      "what takes a context.Context waits or does I/O: do it in an activity",
	writing:    "it outlives this run, and a replay writes it again: keep state in local variables, the input of ContinueAsNew, or an entity",
	reading:    "it may have another value when this is replayed: pass it in with the input",
	deferring:  "it runs also when the engine takes the orchestration out of memory; only what goes through the Context does nothing then",
	recovering: "it would stop the engine when it takes the orchestration out of memory: let panics fail the orchestration",
}

var entityAdvice = map[kind]string{
	waiting:   "an operation cannot wait: signal with entities.After",
	chance:    "use c.Rand() or c.NewID()",
	goroutine: "an operation ends when it returns: signal an entity, or start an orchestration",
	channel:   "answer the caller, or signal an entity",
	inOut:     "start an orchestration, and do it in an activity",
	logging:   "an operation is run again where its commit fails: log from an activity",
	waits:     "what takes a context.Context waits or does I/O: start an orchestration, and do it in an activity",
	writing:   "it is not rolled back and not stored: keep it in the state",
	reading:   "it may have another value when this is done again: keep it in the state, or pass it in",
	machine:   "it differs from machine to machine: pass it in with the input",
}

// functions names what may not be called: path.Name, path.Type.Name for methods.
var functions = listed()

func listed() map[string]kind {
	functions := map[string]kind{}
	add := func(k kind, path string, names ...string) {
		for _, name := range names {
			functions[path+"."+name] = k
		}
	}
	add(clock, "time", "Now", "Since", "Until")
	add(waiting, "time", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick")
	add(inOut, "time", "LoadLocation")
	add(machine, "time", "Time.Local")
	add(chance, "github.com/google/uuid", "New", "NewString", "NewRandom", "NewRandomFromReader", "NewUUID", "NewV6", "NewV7", "NewDCEGroup", "NewDCEPerson", "NewDCESecurity")
	add(chance, "github.com/gofrs/uuid", "NewV1", "NewV4", "NewV6", "NewV7")
	add(chance, "github.com/gofrs/uuid/v5", "NewV1", "NewV4", "NewV6", "NewV7")
	add(chance, "github.com/rs/xid", "New", "NewWithTime")
	add(chance, "github.com/oklog/ulid/v2", "Make", "DefaultEntropy")
	add(chance, "github.com/segmentio/ksuid", "New", "NewRandom")
	add(chance, "hash/maphash", "MakeSeed")
	add(logging, "fmt", "Print", "Printf", "Println")
	add(inOut, "fmt", "Scan", "Scanf", "Scanln")
	add(inOut, "net/http", "Get", "Head", "Post", "PostForm", "ListenAndServe", "ListenAndServeTLS", "Serve", "ServeTLS",
		"Client.Do", "Client.Get", "Client.Head", "Client.Post", "Client.PostForm", "Transport.RoundTrip", "Server.ListenAndServe", "Server.Serve")
	add(inOut, "path/filepath", "Abs", "EvalSymlinks", "Glob", "Walk", "WalkDir")
	add(inOut, "html/template", "ParseFiles", "ParseGlob")
	add(inOut, "text/template", "ParseFiles", "ParseGlob")
	add(machine, "runtime", "NumCPU", "NumGoroutine", "GOMAXPROCS", "ReadMemStats", "Stack", "GC")
	add(waiting, "runtime", "Gosched")
	add(mapOrder, "reflect", "Value.MapKeys", "Value.MapRange")
	add(waiting, "context", "WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause", "AfterFunc")
	return functions
}

// packages are those of which everything is forbidden, but for what pure lists.
var packages = map[string]kind{
	"crypto/rand": chance, "math/rand": chance, "math/rand/v2": chance,
	"sync": lock, "sync/atomic": lock, "golang.org/x/sync/errgroup": goroutine, "golang.org/x/sync/singleflight": goroutine,
	"os": inOut, "os/exec": inOut, "os/signal": inOut, "os/user": inOut, "syscall": inOut, "net": inOut, "net/smtp": inOut, "net/rpc": inOut,
	"database/sql": inOut, "io/ioutil": inOut, "log": logging, "log/slog": logging, "log/syslog": logging,
}

// pure are functions of such packages that are not: whole names, or what a name
// begins with, up to the star.
var pure = []string{
	"math/rand.New*", "math/rand/v2.New*", "math/rand.Rand.*", "math/rand/v2.Rand.*", "math/rand.Zipf.*", "math/rand/v2.Zipf.*",
	"math/rand/v2.PCG.*", "math/rand/v2.ChaCha8.*", "math/rand.Source*", "math/rand/v2.Source*",
	"os.Is*", "os.NewSyscallError", "os.Expand", "os.FileMode.*", "os.PathError.*", "os.SyscallError.*", "os.LinkError.*",
	"net.Parse*", "net.IP.*", "net.IPNet.*", "net.IPMask.*", "net.IPv4*", "net.CIDRMask", "net.JoinHostPort", "net.SplitHostPort",
	"net.HardwareAddr.*", "net.OpError.*", "net.AddrError.*", "net.DNSError.*",
	"database/sql.Null*", "log/slog.Attr.*", "log/slog.Value.*", "log/slog.Any*", "log/slog.String*", "log/slog.Int*",
	"sync.NewCond",
}

// forbidden says whether a function may not be called, and of what kind it is.
func forbidden(fn *types.Func) (kind, bool) {
	name := fullName(fn)
	if k, ok := functions[name]; ok {
		return k, true
	}
	k, ok := packages[pathOf(fn.Pkg())]
	if !ok {
		return "", false
	}
	for _, p := range pure {
		if prefix, star := strings.CutSuffix(p, "*"); name == p || star && strings.HasPrefix(name, prefix) {
			return "", false
		}
	}
	return k, true
}

// shortName is a function's name as authors write it: time.Now, sync.Mutex.Lock.
func shortName(fn *types.Func) string {
	name := fullName(fn)
	return fn.Pkg().Name() + strings.TrimPrefix(name, pathOf(fn.Pkg()))
}
