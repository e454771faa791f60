package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"time"
)

// begin starts a server, in a group of its own: Ctrl-C at a terminal goes to the supervisor, which passes it on.
func (v *supervisor) begin() (*life, error) {
	orderReader, orderWriter, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	noticeReader, noticeWriter, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, orderReader.Close(), orderWriter.Close())
	}
	c := exec.Command(v.program, os.Args[1:]...)
	c.Env = append(os.Environ(), supervisedVariable+"=1")
	c.Stdout, c.Stderr = v.io.out.Writer, v.io.err.Writer
	c.ExtraFiles = []*os.File{v.listener, orderReader, noticeWriter} // as listenerFile… say
	c.SysProcAttr = ownGroup()
	err = errors.Join(c.Start(), orderReader.Close(), noticeWriter.Close())
	if c.Process == nil {
		return nil, errors.Join(err, orderWriter.Close(), noticeReader.Close())
	}
	l := &life{command: c, orders: make(chan *order, 2), ready: make(chan *ready, 1), ended: make(chan struct{})}
	first := &order{Left: &left{}}
	if v.outage != nil {
		handed := *v.outage.left
		first.Left, v.outage.left.DieInReplay = &handed, false // once
	}
	l.tell(first)
	go l.speak(orderWriter)
	go l.listen(noticeReader)
	return l, nil
}

// tell gives the server an order. There are two in its life.
func (l *life) tell(o *order) { l.orders <- o }

// speak writes the orders, and keeps the pipe open until the server has ended: its end would be ours.
func (l *life) speak(to *os.File) {
	defer to.Close() //nolint:errcheck // nobody reads it any more
	enc := json.NewEncoder(to)
	for {
		select {
		case o := <-l.orders:
			_ = enc.Encode(o) // an error means that it has ended
		case <-l.ended:
			return
		}
	}
}

// listen hears what the server tells, also what it told last, and waits for its end.
func (l *life) listen(from *os.File) {
	defer close(l.ended)
	lines := bufio.NewReaderSize(from, 1<<16)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break // the end; a line that was cut short was never told
		}
		var n notice
		if err := json.Unmarshal(line, &n); err != nil {
			continue // it cannot be: the child is this same program
		}
		l.witness.hear(&n)
		if n.Ready != nil {
			l.ready <- n.Ready
		}
	}
	l.endedAt = time.Now()
	_ = errors.Join(from.Close(), l.command.Wait()) // how it ended, its state says
}
