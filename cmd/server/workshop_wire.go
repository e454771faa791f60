package main

import (
	"os"

	"github.com/everturn/everturn/web/plug"
)

// In a workshop the process that people start is a supervisor, and the server is its child (--workshop). Between them are
// two pipes, with one JSON object a line. What the child tells survives it: a pipe keeps what was written to it when its
// writer is killed. The child is told once what the one before it left, and then what came of the cut; the end of that
// pipe is the end of the supervisor, and the child's.

// supervisedVariable says in the environment of a child that it is one.
const supervisedVariable = "EVERTURN_SUPERVISED"

func supervised() bool { return os.Getenv(supervisedVariable) != "" }

// The child's files, behind the three that every process has.
const (
	listenerFile = 3 + iota
	orderFile    // from the supervisor
	noticeFile   // to it
)

// notice is what a child tells its supervisor; one of its fields is set.
type notice struct {
	Moved  *moved      `json:"moved,omitempty"`
	Census *census     `json:"census,omitempty"`
	Uptime []int64     `json:"uptime,omitempty"` // of each partition
	Pulled *pulledPlug `json:"pulled,omitempty"`
	Ready  *ready      `json:"ready,omitempty"`
}

// moved is a move that is about to be acknowledged.
type moved struct {
	Match string `json:"match"`
	Seq   uint64 `json:"seq"`
}

// census is what runs, as of a moment.
type census struct {
	At        int64          `json:"at"` // wall milliseconds
	Matches   []runningMatch `json:"matches,omitempty"`
	Instances []string       `json:"instances,omitempty"` // orchestrations, matches too
}

type runningMatch struct {
	ID    string `json:"id"`
	Seq   uint64 `json:"seq"` // of its last event
	Clock bool   `json:"clock,omitempty"`
}

// pulledPlug is told by a process that is about to kill itself.
type pulledPlug struct {
	Moment plug.Moment  `json:"moment,omitempty"`
	Turns  int          `json:"turns,omitempty"` // of the commit
	Rows   int          `json:"rows,omitempty"`
	Row    *storedRow   `json:"row,omitempty"` // one of them
	Replay *plug.Replay `json:"replay,omitempty"`
}

// storedRow is a row that only this commit writes so.
type storedRow struct {
	Key   []byte `json:"key"`
	Value []byte `json:"value"`
}

// ready is told when a process answers; the cut is what it found of what the one before left.
type ready struct {
	URL string    `json:"url"`
	Cut *plug.Cut `json:"cut,omitempty"`
}

// order is what a supervisor tells its child: first what is left of the process before, later what came of the cut.
type order struct {
	Left *left     `json:"left,omitempty"`
	Cut  *plug.Cut `json:"cut,omitempty"`
}

// left is what is known of a process that has died, by what it told; none of it is known of the first one.
type left struct {
	Died   int64                  `json:"died"` // wall milliseconds
	Deaths int                    `json:"deaths"`
	Census *census                `json:"census,omitempty"`
	Uptime []int64                `json:"uptime,omitempty"`
	Moves  map[string]*ackedMoves `json:"moves,omitempty"` // by match
	Acked  int                    `json:"acked"`
	Pulled *pulledPlug            `json:"pulled,omitempty"`
	Replay *plug.Replay           `json:"replay,omitempty"` // the one that a process has died in already
	// DieInReplay asks for that.
	DieInReplay bool `json:"dieInReplay,omitempty"`
}

// ackedMoves are the moves of a match that a process has acknowledged.
type ackedMoves struct {
	Count int      `json:"count"`
	Last  []uint64 `json:"last"` // the numbers of the last of them
}
