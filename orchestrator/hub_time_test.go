package orchestrator

import (
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

func (h *testHub) Now(durable.ID) durable.Time       { return h.now }
func (h *testHub) Standing(durable.ID) time.Duration { return 0 }
