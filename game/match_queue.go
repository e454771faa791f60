package game

// notReady tells the queue that the match is called off, and who was there: they
// go back to the front of it.
func (m *match) notReady(ready []bool) {}
