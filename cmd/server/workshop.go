package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/everturn/everturn/orchestrator"
	"github.com/everturn/everturn/web/plug"
)

// How often a server in a workshop tells its supervisor what it would otherwise take along when it dies.
const (
	tellUptimeEvery = 100 * time.Millisecond
	// countEvery is the least time between two counts of what runs, and countCost how many times as long as the last one
	// took: they take no more than a part in so many of one processor.
	countEvery = time.Second
	countCost  = 50
)

// ward is the server's side of a workshop: the pipes to its supervisor, and the plug. It is used concurrently.
type ward struct {
	listener net.Listener
	left     *left // of the process before
	notices  *os.File
	log      zerolog.Logger

	engine *engine // from openEngine on
	keys   []string
	stored bool         // the commit that the process before died at
	armed  atomic.Value // the plug.Moment that is waited for
	fired  atomic.Bool  // it has come
	last   atomic.Pointer[plug.Cut]
	told   chan struct{} // closed when last is set

	counting sync.Mutex
	stop     chan struct{}
	watching sync.WaitGroup
}

// joinSupervisor takes over the files that a supervisor hands down.
func joinSupervisor(log zerolog.Logger) (*ward, error) {
	w := &ward{log: log, notices: os.NewFile(noticeFile, "notices"), stop: make(chan struct{}), told: make(chan struct{})}
	w.armed.Store(plug.Moment(""))
	door := os.NewFile(listenerFile, "listener")
	var err error
	if w.listener, err = net.FileListener(door); err != nil {
		return nil, fmt.Errorf("%s is set, but no supervisor has handed down a socket; unset it: %w", supervisedVariable, err)
	}
	orders := json.NewDecoder(bufio.NewReader(os.NewFile(orderFile, "orders")))
	var first order
	if err := errors.Join(door.Close(), orders.Decode(&first)); err != nil || first.Left == nil {
		return nil, fmt.Errorf("the supervisor has ended: %w", errors.Join(err, w.listener.Close()))
	}
	w.left = first.Left
	go w.obey(orders)
	return w, nil
}

// obey hears what comes later; when the supervisor has ended, so does the server, without a moment's delay: who killed it
// wants both to be gone.
func (w *ward) obey(orders *json.Decoder) {
	for {
		var o order
		if err := orders.Decode(&o); err != nil {
			os.Exit(exitFailed)
		}
		if o.Cut != nil && w.last.Swap(o.Cut) == nil {
			close(w.told)
		}
	}
}

// tell tells the supervisor something; when it returns the pipe has it, and this process may die. That nobody listens any
// more, obey notices.
func (w *ward) tell(n *notice) {
	line, err := json.Marshal(n)
	if err != nil {
		panic(err) // there is nothing in a notice that could not be written
	}
	_, _ = w.notices.Write(append(line, '\n'))
}

// acknowledging is told of each move before its ack is on its way.
func (w *ward) acknowledging(match string, seq uint64) {
	w.tell(&notice{Moved: &moved{match, seq}})
}

// begin takes the engine, as soon as it runs. If the process is to die in a replay, it does. Without a workshop nothing is done.
func (w *ward) begin(ctx context.Context, e *engine) {
	if w != nil {
		w.engine = e
		w.replayOne(ctx)
	}
}

// announce tells the supervisor that the server is ready, and what it found of what the one before left; and begins to
// tell what runs.
func (w *ward) announce(url string) error {
	cut, err := w.compare()
	if err != nil {
		return fmt.Errorf("what the killed server left cannot be compared with the database: %w", err)
	}
	if err := w.watch(); err != nil {
		return err
	}
	w.tell(&notice{Ready: &ready{URL: url, Cut: cut}})
	if cut != nil {
		<-w.told // at once; so that nobody is answered who would not be told what came of it
	}
	return nil
}

// watch begins to tell the supervisor what runs, and how far the clocks are.
func (w *ward) watch() error {
	if _, err := w.count(); err != nil {
		return err
	}
	w.tell(&notice{Uptime: w.uptime()})
	w.watching.Go(func() {
		uptime, count := time.NewTicker(tellUptimeEvery), time.NewTimer(countEvery)
		defer uptime.Stop()
		defer count.Stop()
		for {
			select {
			case <-uptime.C:
				w.tell(&notice{Uptime: w.uptime()})
			case <-count.C:
				began := time.Now()
				if _, err := w.count(); err != nil {
					w.log.Warn().Err(err).Msg("what runs cannot be counted; it is tried again")
				}
				count.Reset(max(countEvery, countCost*time.Since(began)))
			case <-w.stop:
				return
			}
		}
	})
	return nil
}

// Close stops counting.
func (w *ward) Close() error {
	if w != nil {
		close(w.stop)
		w.watching.Wait()
	}
	return nil
}

// uptime is how far the clock of each partition is, in milliseconds.
func (w *ward) uptime() []int64 {
	list := make([]int64, len(w.keys))
	for i, key := range w.keys {
		list[i] = w.engine.host.Now(orchestrator.InstanceID(key)).Uptime
	}
	return list
}

// keysOf are names of instances, one in each partition.
func keysOf(partitions int) []string {
	keys, missing := make([]string, partitions), partitions
	for n := 0; missing > 0; n++ {
		key := fmt.Sprint(n)
		if i := orchestrator.InstanceID(key).Partition(partitions); keys[i] == "" {
			keys[i], missing = key, missing-1
		}
	}
	return keys
}
