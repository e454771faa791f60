package tested

import (
	"time"

	"github.com/everturn/everturn/orchestrator"
)

func flow(c *orchestrator.Context) {
	_ = time.Now() // want `time.Now in function flow`
}
