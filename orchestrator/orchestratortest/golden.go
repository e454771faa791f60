package orchestratortest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

// A recorded history is a line that says whose it is, and a line for each entry:
// the bytes as stored, and the same as people read it.
type (
	header struct {
		Instance    string `json:"instance"`
		Incarnation uint64 `json:"incarnation"`
		Generation  uint32 `json:"generation"`
		Error       string `json:"error,omitempty"` // what a replay of it must say
	}
	entry struct {
		Entry []byte             `json:"entry"`
		Rows  []orchestrator.Row `json:"rows,omitempty"`
	}
)

// maxLine bounds one entry, as JSON, in bytes.
const maxLine = 16 << 20

// Record writes the history of an instance's current generation to a file, for
// [Replay], and fails the test where that cannot be done. It makes the folder.
//
//	if *update {
//		h.Record(id, "testdata/order.jsonl")
//	}
//	orchestratortest.Replay(t, registry, "testdata/order.jsonl")
func (h *Hub) Record(id, file string) {
	h.t.Helper()
	in, err := h.stored(id)
	if err != nil {
		h.t.Fatal(err)
	}
	content, err := encode(in)
	if err == nil {
		err = errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, content, 0o644))
	}
	if err != nil {
		h.t.Fatalf("the history of %q cannot be recorded: %v", id, err)
	}
}

func encode(in *durable.Instance) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	err := enc.Encode(header{Instance: in.ID.Key, Incarnation: in.Incarnation, Generation: in.Generation})
	told := 0
	for i := range in.Log {
		rows, bad := orchestrator.History(in.Log[:i+1])
		err = errors.Join(err, bad, enc.Encode(entry{in.Log[i], rows[told:]}))
		told = len(rows)
	}
	return b.Bytes(), err
}

// Replay runs today's code against a recorded history, and fails the test where
// it does otherwise: instances that were stored by the code of then would not go
// on. It needs no hub. A file whose first line names an error is one whose
// replay must fail with it.
func Replay(t testing.TB, registry *orchestrator.Registry, file string) {
	t.Helper()
	head, in, err := read(file)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	err = orchestrator.Replay(orchestrator.NewBehavior(registry, orchestrator.Options{}), in)
	switch {
	case err != nil && err.Error() != head.Error:
		rows, _ := orchestrator.History(in.Log) // as much as can be read
		var from string
		if len(rows) > 0 {
			from = "\n\n" + table(rows, rows[0].Time)
		}
		t.Errorf("%s does not replay: %v%s", file, err, from)
	case err == nil && head.Error != "":
		t.Errorf("%s replays; it must fail: %s", file, head.Error)
	}
}

func read(file string) (head header, in *durable.Instance, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return head, nil, err
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, maxLine)
	if lines.Scan(); json.Unmarshal(lines.Bytes(), &head) != nil || head.Instance == "" {
		return head, nil, errors.New("line 1 does not say whose history it is")
	}
	in = &durable.Instance{
		ID: orchestrator.InstanceID(head.Instance), Incarnation: head.Incarnation, Generation: max(head.Generation, 1), Exists: true,
	}
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || len(e.Entry) == 0 {
			return head, nil, errors.Join(fmt.Errorf("line %d is no entry of a history", len(in.Log)+2), err)
		}
		in.Log = append(in.Log, e.Entry)
	}
	if len(in.Log) == 0 {
		return head, nil, errors.Join(errors.New("it has no entries"), lines.Err())
	}
	return head, in, lines.Err()
}
