package marks

import (
	"time"

	"github.com/everturn/everturn/orchestrator"
)

func flow(c *orchestrator.Context, in int) (int, error) {
	_ = time.Now() //everturn:deterministic it is thrown away
	//everturn:deterministic it is thrown away, too
	_ = time.Now()
	/* want `needs a reason`*/ //everturn:deterministic
	_ = time.Now()             // want `time.Now in function flow`
	//everturn:deterministically is another word
	_ = time.Now() // want `time.Now in function flow`
	return whole(), nil
}

// whole is marked as a whole.
//
//everturn:deterministic a test of the mark
func whole() int {
	time.Sleep(1)
	return time.Now().Day()
}
