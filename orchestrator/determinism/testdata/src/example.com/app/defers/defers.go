package defers

import (
	"strings"

	"github.com/everturn/everturn/entities"
	"github.com/everturn/everturn/orchestrator"
)

func flow(c *orchestrator.Context, in []string) (n int, err error) {
	unlock, err := entities.Lock(c, in...)
	if err != nil {
		return 0, err
	}
	defer unlock()
	defer c.SetStatus("done")
	defer func() {
		c.Publish(nil)
		n++
	}()
	defer cleanUp(c)
	var b strings.Builder
	defer b.Reset() // want `deferring strings.Builder.Reset in function flow: it runs also when the engine takes the orchestration out of memory`
	defer func() {
		b.WriteString("x")            // want `deferring strings.Builder.WriteString in function flow`
		if p := recover(); p != nil { // want `recover in function flow: it would stop the engine`
			err = nil
		}
	}()
	return 0, nil
}

func cleanUp(c *orchestrator.Context) {}
