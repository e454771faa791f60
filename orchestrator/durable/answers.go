package durable

import "hash/maphash"

// answers are the last that one caller got from an instance: a ring. An
// instance that is in use for long has it full, so an answer is kept in one
// piece of memory beside its number, and is found by looking at all of them.
type answers struct {
	kept   []keptAnswer
	oldest int
}

// keptAnswer is an answer, with its request and the turn whose row holds it.
type keptAnswer struct {
	text string // the request's id, and the answer's body behind it
	turn uint64
	fail *Failure
	id   uint32 // the length of the id
	hash uint32 // of the id
}

var answersSeed = maphash.MakeSeed()

func hashRequest(id string) uint32 { return uint32(maphash.String(answersSeed, id)) } //nolint:gosec // the lower half will do

// put keeps an answer in place of the oldest, and returns by how many bytes the
// ring has grown.
func (a *answers) put(turn uint64, e *requestEntry) (grown int) {
	id := e.key.request
	k := keptAnswer{text: id + string(e.answer.Body), turn: turn, fail: e.answer.Fail, id: uint32(len(id)), hash: hashRequest(id)} //nolint:gosec // an id has an end
	if len(a.kept) < keptAnswers {
		a.kept = append(a.kept, k)
		return k.size()
	}
	grown = k.size() - a.kept[a.oldest].size()
	a.kept[a.oldest] = k
	a.oldest = (a.oldest + 1) % keptAnswers
	return grown
}

func (a *answers) find(id string) *keptAnswer {
	if a == nil {
		return nil
	}
	hash := hashRequest(id)
	for i := range a.kept {
		if k := &a.kept[i]; k.hash == hash && k.text[:k.id] == id {
			return k
		}
	}
	return nil
}

func (k *keptAnswer) answer() Answer { return Answer{Body: []byte(k.text[k.id:]), Fail: k.fail} }

func (k *keptAnswer) size() int { return 56 + len(k.text) }
