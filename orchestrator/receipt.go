package orchestrator

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/everturn/everturn/orchestrator/durable"
)

// A start or an event that a client has given a request id is answered with a
// receipt, of what was let in. The kernel answers a repetition with the same,
// so that the client can tell one from another start or event under an id that
// was used before, and which did not happen.

// receiptMark begins a receipt; answers of earlier versions begin otherwise.
const receiptMark = 1

// receiptHead is how long that and the operation are, receiptSum the checksum.
const (
	receiptHead = 2
	receiptSum  = 8
)

// receipt is nil for a message without a request id.
func receipt(m *durable.Message) []byte {
	if m.Return.Request == "" {
		return nil
	}
	name, sum := sha256.Sum256([]byte(m.Name)), sha256.New()
	sum.Write(name[:])
	sum.Write(m.Body)
	return append([]byte{receiptMark, byte(m.Op)}, sum.Sum(nil)[:receiptSum]...)
}

// checkReceipt says that an answer is that of another message of the same kind.
func checkReceipt(m *durable.Message, answer []byte) error {
	want := receipt(m)
	if want == nil || len(answer) != len(want) || !bytes.Equal(answer[:receiptHead], want[:receiptHead]) || bytes.Equal(answer, want) {
		return nil
	}
	what := "event"
	if m.Op == OpStart {
		what = "start"
	}
	return Fail(CodeConflict, fmt.Sprintf("the request id %q was used for another %s", m.Return.Request, what))
}
