package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/orchestrator/durable"
)

type replayCommand struct {
	Files []string `arg:"" name:"file" help:"Histories: a line that says whose it is, then a line for each entry (as in testdata/histories)."`
}

// Run replays each file, and fails if one of them leads today's code elsewhere.
func (c *replayCommand) Run(io streams) error {
	defs, err := define(zerolog.Nop())
	if err != nil {
		return err
	}
	failed := 0
	for _, file := range c.Files {
		instance, err := readHistory(file)
		if err == nil {
			err = orchestrator.Replay(defs.behavior, instance)
		}
		if err != nil {
			failed++
			io.out.say("BAD  %s: %v\n", file, err)
			continue
		}
		io.out.say("ok   %s: %d entries\n", file, len(instance.Log))
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d histories do not replay; register the code that recorded them as a version of its own", failed, len(c.Files))
	}
	return nil
}

// historyHeader is the first line of a recorded history.
type historyHeader struct {
	Instance    string `json:"instance"`
	Incarnation uint64 `json:"incarnation"`
	Generation  uint32 `json:"generation"`
}

// historyEntry is each other line: the bytes as stored. What people read beside them is not looked at.
type historyEntry struct {
	Entry []byte `json:"entry"`
}

// maxHistoryLine bounds one entry, as JSON, in bytes.
const maxHistoryLine = 16 << 20

func readHistory(file string) (*durable.Instance, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxHistoryLine)
	if !lines.Scan() {
		return nil, errors.Join(errors.New("it is empty"), lines.Err())
	}
	var head historyHeader
	if err := json.Unmarshal(lines.Bytes(), &head); err != nil || head.Instance == "" {
		return nil, errors.Join(errors.New("line 1 does not say whose history it is"), err)
	}
	instance := &durable.Instance{
		ID: orchestrator.InstanceID(head.Instance), Incarnation: head.Incarnation, Generation: max(head.Generation, 1), Exists: true,
	}
	for lines.Scan() {
		var e historyEntry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || len(e.Entry) == 0 {
			return nil, errors.Join(fmt.Errorf("line %d is no entry of a history", len(instance.Log)+2), err)
		}
		instance.Log = append(instance.Log, e.Entry)
	}
	return instance, lines.Err()
}
