package durable

import "slices"

// fail undoes a batch that was not committed, or may not have been: what is in
// memory is thrown away, and load has to follow. Nobody was told anything yet,
// so that all who wait for an answer wait as before the batch, except:
//
//   - Clients whose message the batch took lived in memory alone. Where the
//     commit was refused they get the failure. Where the outcome is unsure,
//     those that named their request are judged again after the recovery, and
//     the others are told that it is unsure.
//   - Clients of earlier messages that the batch answered, where the outcome is
//     unsure: those that named their request get what is stored after the
//     recovery, the others are told that it is unsure.
func (p *partition) fail(f *Failure) {
	b := p.batch
	p.batch = nil
	for _, a := range b.answers {
		if a.token == 0 {
			a.done(Answer{Fail: f})
			continue
		}
		p.waiting[a.token] = a.waiter
	}
	var again []parcel
	for _, c := range b.taken {
		switch token := c.m.Return.Token; {
		case c.kind == toAsk:
			p.leave(token)
			again = append(again, c)
		case c.kind != fromClient:
			again = append(again, c)
		case f.Code == CodeUnsure && c.m.Return.Request != "":
			p.leave(token)
			again = append(again, c)
		default:
			p.leave(token)
			c.done(Answer{Fail: f})
		}
	}
	for _, a := range b.answers {
		if w, ok := p.waiting[a.token]; ok {
			again = p.unanswer(again, a.token, w, f)
		}
	}
	p.backlog = append(again, p.backlog...)
}

// leave takes a client's token out of all that waits.
func (p *partition) leave(token uint64) {
	w := p.waiting[token]
	delete(p.waiting, token)
	list := slices.DeleteFunc(p.retries[w.wait], func(t uint64) bool { return t == token })
	if p.retries[w.wait] = list; len(list) == 0 {
		delete(p.retries, w.wait)
	}
}

// unanswer sees to a client whose message an earlier batch took, and whose
// answer was in the batch that failed.
func (p *partition) unanswer(again []parcel, token uint64, w waiter, f *Failure) []parcel {
	named := w.wait.request != ""
	switch {
	case f.Code != CodeUnsure:
		if named { // as a retry; where it was the first, it is answered by its token
			p.retries[w.wait] = append(p.retries[w.wait], token)
		}
	case named:
		delete(p.waiting, token)
		again = append(again, parcel{kind: toAsk, done: w.done, m: Message{
			To: w.wait.id, Return: Return{Token: token, Caller: w.wait.caller, Request: w.wait.request},
		}})
	default:
		delete(p.waiting, token)
		w.done(Answer{Fail: f})
	}
	return again
}

// ask answers a client with what is stored of its request, after a recovery.
func (p *partition) ask(c parcel) {
	p.await(&c)
	p.batch.taken = append(p.batch.taken, c)
	token, wait := c.m.Return.Token, p.waiting[c.m.Return.Token].wait
	l, err := p.live(c.m.To)
	if err != nil {
		p.answerToken(token, Answer{Fail: Fail(CodeUnavailable, err.Error())})
		return
	}
	switch e, known := l.window.find(wait.requestKey); {
	case known && e.state == requestAnswered:
		p.answerToken(token, e.answer)
	case known || l.queued(wait.requestKey) >= 0:
		p.retries[wait] = append(p.retries[wait], token)
	default: // refused, or ended with its instance
		p.answerToken(token, Answer{Fail: Fail(CodeUnavailable, "nothing is stored of the request, after a commit was cut short: try again")})
	}
}

// await enters a client that waits.
func (p *partition) await(c *parcel) {
	r := &c.m.Return
	p.waiting[r.Token] = waiter{c.done, waitKey{c.m.To, requestKey{r.Caller, r.Request}}}
}
