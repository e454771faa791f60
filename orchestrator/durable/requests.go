package durable

// keptAnswers is how many answers of one caller an instance keeps
// (PROTOCOL.md, Commands).
const keptAnswers = 256

// requestKey names a client's request to one instance.
type requestKey struct{ caller, request string }

// requestEntry is what a log row says of a request: that it was accepted and
// waits, that it was answered, or that it is to be forgotten.
type requestEntry struct {
	key    requestKey
	state  requestState
	answer Answer
}

type requestState byte

const (
	requestPending requestState = iota
	requestAnswered
	requestForgotten
)

func (e *requestEntry) append(b []byte) []byte {
	b = append(b, byte(e.state))
	b = AppendString(b, e.key.caller)
	b = AppendString(b, e.key.request)
	if e.state == requestAnswered {
		b = AppendBytes(b, e.answer.Body)
		b = AppendFailure(b, e.answer.Fail)
	}
	return b
}

func (d *Decoder) requestEntry() (e requestEntry) {
	e.state = requestState(d.Byte())
	if e.state > requestForgotten {
		d.fail("request state")
	}
	e.key = requestKey{d.String(), d.String()}
	if e.state == requestAnswered {
		e.answer = Answer{Body: d.Bytes(), Fail: d.Failure()}
	}
	return e
}

// window is what an instance remembers of its clients' requests: those that
// wait for an answer, and the last answers of each caller. It is read back from
// the log rows since the oldest answer that is still kept.
type window struct {
	entries map[requestKey]*windowEntry
	callers map[string]*callerWindow
	open    map[requestKey]uint64 // those that wait, with their turn
	bytes   int
}

type windowEntry struct {
	requestEntry
	turn uint64 // whose row holds it
}

// callerWindow is the answered requests of one caller, oldest first.
type callerWindow struct{ answered []requestKey }

func (w *window) find(k requestKey) *windowEntry {
	if w == nil {
		return nil
	}
	return w.entries[k]
}

// apply takes in what a turn's row says, in the order of turns.
func (w *window) apply(turn uint64, list []requestEntry) {
	for i := range list {
		w.put(turn, list[i])
	}
}

func (w *window) put(turn uint64, e requestEntry) {
	if w.entries == nil {
		w.entries, w.callers, w.open = map[requestKey]*windowEntry{}, map[string]*callerWindow{}, map[requestKey]uint64{}
	}
	old := w.entries[e.key]
	if old != nil && old.state == requestAnswered {
		return // an answer never changes
	}
	if e.state == requestForgotten {
		w.drop(e.key)
		return
	}
	if old != nil {
		w.bytes -= old.size()
	}
	entry := &windowEntry{requestEntry: e, turn: turn}
	w.entries[e.key] = entry
	w.bytes += entry.size()
	if e.state != requestAnswered {
		w.open[e.key] = turn
		return
	}
	delete(w.open, e.key)
	c := w.callers[e.key.caller]
	if c == nil {
		c = &callerWindow{}
		w.callers[e.key.caller] = c
	}
	c.answered = append(c.answered, e.key)
	if len(c.answered) > keptAnswers {
		w.drop(c.answered[0])
		c.answered = c.answered[1:]
	}
}

func (w *window) drop(k requestKey) {
	if old := w.entries[k]; old != nil {
		w.bytes -= old.size()
		delete(w.entries, k)
		delete(w.open, k)
	}
}

func (e *windowEntry) size() int {
	return 160 + 2*len(e.key.caller) + 2*len(e.key.request) + len(e.answer.Body)
}

// lowest is the lowest turn whose row the window still needs; none gives the
// default. A caller's answers are in the order of their turns.
func (w *window) lowest(none uint64) uint64 {
	if w == nil {
		return none
	}
	for _, turn := range w.open {
		none = min(none, turn)
	}
	for _, c := range w.callers {
		if len(c.answered) > 0 {
			none = min(none, w.entries[c.answered[0]].turn)
		}
	}
	return none
}
