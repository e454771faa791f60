package durable

// Snapshot is the last committed state of an instance, read from outside.
type Snapshot struct {
	ID          ID
	Exists      bool
	Incarnation uint64
	Generation  uint32
	Turns       uint64
	Events      uint64 // number of the last published event
	Created     int64  // wall milliseconds
	Updated     int64  // wall milliseconds of the last turn that stored something
	Head        []byte
	Quarantine  string // why it takes no turns; empty while it is well
}

// Event is one published event of an instance.
type Event struct {
	Number uint64 // 1, 2, 3… without gaps, across continue-as-new
	Time   int64  // wall milliseconds of its turn
	Body   []byte
}

// Update is what a [Watcher] gets: what one or more commits changed. Its
// slices are shared between watchers and never change.
type Update struct {
	Exists      bool
	Incarnation uint64
	Generation  uint32
	Head        []byte  // the head after the last of them
	Events      []Event // those after the last update, without a gap
	Last        uint64  // number of the last published event, even if there is none here
}

// Item is one row of a listing.
type Item struct {
	ID   ID
	Time int64
	Data []byte
}

// Cursor is a place in a listing: the last row that was given. The zero value
// is the beginning.
type Cursor struct {
	Time int64
	ID   ID
}
