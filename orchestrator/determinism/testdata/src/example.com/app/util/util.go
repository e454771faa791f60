package util

import (
	"sync"
	"time"

	"github.com/everturn/everturn/orchestrator"
)

func Stamp() time.Time { return time.Now() } // want Stamp:`does time.Now`

func Deep() time.Time { return Stamp() } // want Deep:`does time.Now, in Stamp`

func Pure() int { return 1 }

//everturn:deterministic only the length of the text is used, and it is always the same
func Marked() time.Time { return time.Now() }

var mu sync.Mutex

func Locked() { mu.Lock() } // want Locked:`does sync.Mutex.Lock`

type Clock struct{}

func (Clock) Read() time.Time { return time.Now() } // want Read:`does time.Now`

// Limit is changed, Fixed is not.
var (
	Limit = 1 // want Limit:`changed by SetLimit`
	Fixed = 1
)

func init() { Fixed = 2 }

func SetLimit(n int) { Limit = n } // want SetLimit:`does writing the package variable Limit`

func Helper(c *orchestrator.Context) {
	time.Sleep(1) // want `time.Sleep in function Helper: use c.Sleep`
}

func Flow(c *orchestrator.Context, n int) (int, error) {
	return n, wait()
}

func wait() error {
	time.Sleep(1) // want `time.Sleep in wait, called by function Flow`
	return nil
}

// Sleep is a variable, so that tests can replace it.
var Sleep = time.Sleep // want Sleep:`does time.Sleep`
