package calls

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"time"

	"example.com/app/util"
	"github.com/everturn/everturn/orchestrator"
	"github.com/google/uuid"
	"other.org/lib"
)

var charge = orchestrator.DefineActivity("charge", func(ctx context.Context, n int) (time.Time, error) {
	fmt.Println("an activity may do what it likes")
	go func() {}()
	return time.Now(), nil
})

var hello = orchestrator.Define("hello", func(c *orchestrator.Context, in string) (string, error) {
	_ = c.Now().Add(time.Minute).Format(time.RFC3339)
	_ = time.Now()              // want `time.Now in orchestration hello: use c.Now\(\)`
	clock := time.Now           // want `time.Now in orchestration hello`
	_ = time.Since(c.Now())     // want `time.Since in orchestration hello: use c.Now\(\)`
	time.Sleep(time.Second)     // want `time.Sleep in orchestration hello: use c.Sleep or c.Timer`
	<-time.After(time.Second)   // want `time.After in orchestration hello` `receiving from a channel in orchestration hello`
	_ = time.Unix(1, 0).Local() // want `time.Time.Local in orchestration hello: it differs from machine to machine`
	_ = clock
	_ = c.Rand().IntN(6)
	_ = rand.New(rand.NewPCG(1, 2)).IntN(6)
	_ = rand.IntN(6)       // want `rand.IntN in orchestration hello: use c.Rand\(\) or c.NewID\(\)`
	_, _ = crand.Read(nil) // want `rand.Read in orchestration hello`
	_ = crand.Reader       // want `rand.Reader in orchestration hello`
	go func() {}()         // want `a go statement in orchestration hello: start activities`
	fmt.Println(in)        // want `fmt.Println in orchestration hello: use c.Log\(\)`
	log.Print(in)          // want `log.Print in orchestration hello`
	_ = os.Getenv("HOME")  // want `os.Getenv in orchestration hello: do it in an activity`
	_ = os.IsNotExist(nil)
	fmt.Fprintln(os.Stderr, in) // want `os.Stderr in orchestration hello`
	_, _ = http.Get(in)         // want `http.Get in orchestration hello`
	_ = http.StatusText(404)
	_, _ = net.Dial("tcp", in) // want `net.Dial in orchestration hello`
	_ = net.ParseIP(in)
	_ = runtime.NumCPU()                                // want `runtime.NumCPU in orchestration hello`
	_ = reflect.ValueOf(in).MapKeys()                   // want `reflect.Value.MapKeys in orchestration hello`
	_, _ = hello2.Begin(context.Background(), "x")      // want `a call that takes a context.Context in orchestration hello: what takes a context.Context waits or does I/O`
	_, _ = context.WithTimeout(context.Background(), 1) // want `context.WithTimeout in orchestration hello`
	_ = fmt.Sprintf("%s", strings.ToUpper(in))
	at, err := charge.Call(c, 1)
	_ = at
	return "", err
})

var hello2 = orchestrator.Define("hello2", named)

func named(c *orchestrator.Context, in string) (string, error) {
	_ = stamp()
	_ = util.Stamp() // want `util.Stamp does: time.Now in orchestration hello2: use c.Now\(\)`
	_ = util.Deep()  // want `util.Deep does: time.Now, in Stamp in orchestration hello2`
	_ = util.Pure()
	_ = util.Marked()
	util.Locked()      // want `util.Locked does: sync.Mutex.Lock in orchestration hello2`
	util.Helper(c)     // reported where it is
	lib.Locked()       // of another module: its own affair
	_ = lib.Stamp()    // want `lib.Stamp does: time.Now in orchestration hello2`
	lib.Spawn()        // want `lib.Spawn does: a go statement in orchestration hello2`
	_ = uuid.New()     // want `uuid.New in orchestration hello2: use c.Rand\(\) or c.NewID\(\)`
	_ = uuid.Parse("") // a function of its argument
	var bank interface {
		Charge(ctx context.Context, n int) error
	}
	_ = bank.Charge(nil, 1) // want `a call that takes a context.Context in orchestration hello2`
	var clock util.Clock
	clock.Read() // want `util.Read does: time.Now in orchestration hello2`
	return "", nil
}

func stamp() int64 { return deep().UnixNano() }

func deep() time.Time {
	return time.Now() // want `time.Now in deep, called by orchestration hello2: use c.Now\(\)`
}

// nobody is called by no orchestration.
func nobody() time.Time { return time.Now() }

var mu sync.Mutex

// helper takes the Context: whoever calls it is an orchestration.
func helper(c *orchestrator.Context) {
	mu.Lock()               // want `sync.Mutex.Lock in function helper: one goroutine runs it at a time`
	defer mu.Unlock()       // want `sync.Mutex.Unlock in function helper`
	ch := make(chan int, 1) // want `making a channel in function helper: use futures`
	ch <- 1                 // want `sending on a channel in function helper`
	close(ch)               // want `closing a channel in function helper`
	for range ch {          // want `ranging over a channel in function helper`
	}
	select { // want `a select statement in function helper`
	case <-ch:
		time.Sleep(1) // want `time.Sleep in function helper`
	default:
	}
}

var made = orchestrator.Define("made", maker(3))

func maker(n int) func(c *orchestrator.Context, in int) (int, error) {
	return func(c *orchestrator.Context, in int) (int, error) {
		return n, pause()
	}
}

func pause() error {
	time.Sleep(1) // want `time.Sleep in pause, called by orchestration made`
	return nil
}

var ext = orchestrator.Define("ext", util.Flow) // reported in its package

var outer = orchestrator.Define("outer", func(c *orchestrator.Context, in int) (int, error) {
	_ = orchestrator.DefineActivity("inner", func(context.Context, int) (int, error) {
		return 0, c.Sleep(1) // want `an activity uses the Context c of another function`
	})
	_ = orchestrator.Define("nested", func(d *orchestrator.Context, in int) (int, error) {
		return 0, c.Sleep(1) // want `orchestration nested uses the Context c of another function`
	})
	return 0, nil
})
