package tested

import (
	"context"
	"time"

	"github.com/everturn/everturn/orchestrator"
)

func flowOfTest(c *orchestrator.Context) {
	_ = time.Now()
	_ = orchestrator.DefineActivity("a", func(context.Context, int) (int, error) { return 0, c.Sleep(1) })
}
