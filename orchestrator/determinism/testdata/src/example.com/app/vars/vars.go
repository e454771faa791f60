package vars

import (
	"strings"
	"sync/atomic"
	"time"

	"example.com/app/util"
	"github.com/everturn/everturn/orchestrator"
)

var (
	table   = map[string]int{}
	started int // want started:`changed by Start`
	count   int // want count:`changed by Flow`
	calls   atomic.Int64
	byName  = map[string]int{} // want byName:`changed by Flow`
	state   struct{ n int }    // want state:`changed by Flow`
	cache   []int              // want cache:`changed by Flow`
)

func init() { table["a"] = 1 }

func Start() { started++ } // want Start:`does writing the package variable started`

func Flow(c *orchestrator.Context, in int) (int, error) {
	local := table["a"] + util.Fixed
	local++
	_ = started         // want `reading the package variable started, which Start changes, in function Flow: it may have another value`
	_ = util.Limit      // want `reading the package variable Limit, which SetLimit changes, in function Flow`
	count++             // want `writing the package variable count in function Flow: it outlives this run`
	byName["b"] = 1     // want `writing the package variable byName`
	delete(byName, "b") // want `writing the package variable byName`
	state.n = 1         // want `writing the package variable state`
	cache = nil         // want `writing the package variable cache`
	util.Limit = 3      // want `writing the package variable Limit`
	calls.Add(1)        // want `atomic.Int64.Add in function Flow`
	add := func() { local++ }
	add()
	return local, nil
}

func define() {
	n := 0
	today := func() time.Time {
		return time.Now() // want `time.Now in today, called by orchestration counting`
	}
	orchestrator.Define("counting", func(c *orchestrator.Context, in int) (int, error) {
		n++ // want `writing the variable n of the function around it in orchestration counting: it outlives this run`
		m := n
		m++
		func() { m++ }()
		_ = today()
		_ = now()
		_ = util.Sleep // want `util.Sleep does: time.Sleep in orchestration counting`
		_ = pure("x")
		return m, nil
	})
}

// Functions that variables hold.
var (
	now  = time.Now // want `time.Now in now, called by orchestration counting: use c.Now`
	pure = strings.ToUpper
)
