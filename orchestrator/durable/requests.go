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
	open    map[requestKey]uint64 // those that wait, with their turn
	callers map[string]*answers
	bytes   int
}

// find is what is known of a request; nothing, if it is new or long ago.
func (w *window) find(k requestKey) (e requestEntry, ok bool) {
	if w == nil {
		return e, false
	}
	if _, waits := w.open[k]; waits {
		return requestEntry{key: k, state: requestPending}, true
	}
	if a := w.callers[k.caller].find(k.request); a != nil {
		return requestEntry{key: k, state: requestAnswered, answer: a.answer()}, true
	}
	return e, false
}

// apply takes in what a turn's row says, in the order of turns.
func (w *window) apply(turn uint64, list []requestEntry) {
	for i := range list {
		w.put(turn, &list[i])
	}
}

func (w *window) put(turn uint64, e *requestEntry) {
	of := w.callers[e.key.caller]
	if of.find(e.key.request) != nil {
		return // an answer never changes
	}
	if _, waits := w.open[e.key]; waits {
		delete(w.open, e.key)
		w.bytes -= e.key.size()
	}
	switch e.state {
	case requestPending:
		if w.open == nil {
			w.open = map[requestKey]uint64{}
		}
		w.open[e.key] = turn
		w.bytes += e.key.size()
	case requestAnswered:
		if of == nil {
			if w.callers == nil {
				w.callers = map[string]*answers{}
			}
			of = &answers{}
			w.callers[e.key.caller] = of
			w.bytes += 96 + len(e.key.caller)
		}
		w.bytes += of.put(turn, e)
	case requestForgotten:
	}
}

func (k requestKey) size() int { return 64 + len(k.caller) + len(k.request) }

// lowest is the lowest turn whose row the window still needs; none gives the
// default. A caller's answers are in the order of their turns.
func (w *window) lowest(none uint64) uint64 {
	if w == nil {
		return none
	}
	for _, turn := range w.open {
		none = min(none, turn)
	}
	for _, a := range w.callers {
		none = min(none, a.kept[a.oldest].turn)
	}
	return none
}
