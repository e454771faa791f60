package gateway

import (
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/everturn/everturn/web/wire"
)

// stats count what goes on. What stands (sockets, rooms, bytes that wait) is counted when somebody asks.
type stats struct {
	opened    atomic.Uint64
	overflows atomic.Uint64
	bad       atomic.Uint64 // frames that do not fit the protocol
	writes    atomic.Uint64
	in        [clientTypes]atomic.Uint64
	out       [serverTypes]atomic.Uint64
	nacks     [nackCodes]atomic.Uint64
	closes    [len(closeLabels)]atomic.Uint64
}

// Sizes of wire's closed lists; a test holds them to it.
const (
	clientTypes = 6
	serverTypes = 9
	nackCodes   = 19
)

var (
	inTypes  = wire.ClientTypes()
	outTypes = wire.ServerTypes()
	codes    = wire.Codes()
)

// closeLabels are the close codes that are counted each for itself, ours and the usual ones of clients.
var closeLabels = [...]int{1000, 1001, 1005, 1006, 1008, 1009, 1012, 4400, 4401, 4403, 4408, otherCloses}

const otherCloses = 0

func (s *stats) got(t wire.Type)         { s.in[slices.Index(inTypes, t)].Add(1) }
func (s *stats) sent(t wire.Type, n int) { s.out[slices.Index(outTypes, t)].Add(uint64(n)) }

func (s *stats) nacked(code wire.Code) { s.nacks[slices.Index(codes, code)].Add(1) }

func (s *stats) closed(code int) {
	i := slices.Index(closeLabels[:], code)
	if i < 0 {
		i = len(closeLabels) - 1
	}
	s.closes[i].Add(1)
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("everturn_gateway_"+name, help, labels, nil)
}

var (
	descSockets   = desc("sockets", "Sockets that are open.")
	descRooms     = desc("rooms", "Matches that are followed for viewers.")
	descViewers   = desc("viewers", "Viewers of matches, counted by sockets.", "kind")
	descQueued    = desc("queue_bytes", "Bytes that wait for sockets.")
	descInflight  = desc("commands_inflight", "Commands without an answer yet.")
	descOpened    = desc("sockets_opened_total", "Sockets that were opened.")
	descIn        = desc("frames_in_total", "Frames from clients, by type.", "type")
	descBad       = desc("frames_bad_total", "Frames from clients that do not fit the protocol.")
	descOut       = desc("frames_out_total", "Frames for clients, by type; those that gave way to a sync included.", "type")
	descWrites    = desc("writes_total", "Writes to sockets; each may carry several frames.")
	descNacks     = desc("nacks_total", "Refused commands, by code.", "code")
	descCloses    = desc("closes_total", "Sockets that ended, by close code; 0 is any other.", "code")
	descOverflows = desc("overflows_total", "Out-queues that overflowed.")
)

// Describe is of prometheus.Collector.
func (g *Gateway) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descSockets, descRooms, descViewers, descQueued, descInflight, descOpened, descIn, descBad, descOut, descNacks, descCloses,
		descOverflows, descWrites,
	} {
		to <- d
	}
}

// Collect is of prometheus.Collector.
func (g *Gateway) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, n int, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
	}
	count := func(d *prometheus.Desc, n *atomic.Uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n.Load()), labels...)
	}
	c := g.census()
	gauge(descSockets, c.sockets)
	gauge(descRooms, c.rooms)
	gauge(descViewers, c.watchers, "watcher")
	gauge(descViewers, c.seated, "seat")
	gauge(descQueued, c.bytes)
	gauge(descInflight, int(g.inflight.Load()))
	count(descOpened, &g.stats.opened)
	count(descBad, &g.stats.bad)
	count(descOverflows, &g.stats.overflows)
	count(descWrites, &g.stats.writes)
	for i, t := range inTypes {
		count(descIn, &g.stats.in[i], string(t))
	}
	for i, t := range outTypes {
		count(descOut, &g.stats.out[i], string(t))
	}
	for i, code := range codes {
		count(descNacks, &g.stats.nacks[i], string(code))
	}
	for i, code := range closeLabels {
		count(descCloses, &g.stats.closes[i], strconv.Itoa(code))
	}
}

// census is what stands now.
type census struct{ sockets, rooms, watchers, seated, bytes int }

func (g *Gateway) census() census {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := census{sockets: len(g.conns), rooms: len(g.rooms)}
	for c := range g.conns {
		n.bytes += c.out.waiting()
	}
	for _, r := range g.rooms {
		r.mu.Lock()
		for k, of := range r.kinds {
			if kind(k) == watching {
				n.watchers += len(of)
			} else {
				n.seated += len(of)
			}
		}
		r.mu.Unlock()
	}
	return n
}
