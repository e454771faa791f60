package main

import (
	"math"
	"strconv"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
	"github.com/everturn/everturn/web"
)

// figures are what the engine tells about itself at /metrics. Their table is in orchestrator/README.md, and a test holds
// the two against each other.
func (e *engine) figures() []web.Figure {
	s := e.host.Stats()
	list := []web.Figure{
		counter("engine_recoveries", "Times that the database was opened again after a failed commit.", s.Recoveries.Load()),
		gauge("engine_working", "Activities that run.", float64(s.Working.Load())),
	}
	for n, f := range e.host.Figures() {
		list = append(list, partitionFigures("partition", strconv.Itoa(n), &f)...)
	}
	c := e.host.CommitFigures()
	list = append(list,
		histogram("engine_commit_turns", "Turns in a commit.", c.Turns, 1, 0, 13),
		histogram("engine_commit_rows", "Rows in a commit.", c.Rows, 1, 0, 15),
		histogram("engine_commit_bytes", "Bytes of keys and values in a commit.", c.Bytes, 1, 7, 23),
		histogram("engine_commit_seconds", "Time from handing a commit to the store to knowing that it is durable.", c.Micros, 1e-6, 6, 24),
	)
	sizes, err := e.store.Sizes()
	if err != nil {
		return list // the store is closed, or fails: readyz says so
	}
	return append(list, storeFigures(&sizes)...)
}

func partitionFigures(label, value string, f *durable.Figures) []web.Figure {
	list := []web.Figure{
		counter("engine_turns", "Turns taken.", f.Turns),
		counter("engine_commits", "Batches committed.", f.Commits),
		counter("engine_rows", "Rows written.", f.Rows),
		counter("engine_bytes", "Bytes of keys and values written.", f.Bytes),
		counter("engine_cache_hits", "Messages for instances that were in memory.", f.CacheHits),
		counter("engine_cache_misses", "Messages for instances that were read from disk.", f.CacheMisses),
		counter("engine_evicted", "Instances that the cache let go.", f.Evicted),
		counter("engine_repeats", "Requests that had been made before, and got their old answer.", f.Repeats),
		counter("engine_duplicates", "Messages between partitions that came again.", f.Duplicates),
		counter("engine_gaps", "Messages between partitions that came too early; a bug.", f.Gaps),
		counter("engine_dropped", "Results that nobody waited for, and messages over a limit.", f.Dropped),
		counter("engine_corrupt", "Rows that could not be read.", f.Corrupt),
		counter("engine_busy", "Messages refused because too many waited.", f.Busy),
		counter("engine_refused", "Commits that the store refused.", f.Refused),
		counter("engine_quarantines", "Times that an instance was set aside.", f.Quarantines),
		gauge("engine_quarantined", "Instances that are set aside now.", float64(f.Quarantined)),
		gauge("engine_mailbox", "Messages that wait at the door.", float64(f.Mailbox)),
		gauge("engine_backlog", "Messages taken from the door that wait for the next batch.", float64(f.Backlog)),
		gauge("engine_inbox", "Messages that are kept on disk until their turn.", float64(f.Inbox)),
		gauge("engine_outbox", "Rows of messages that other partitions have not stored yet.", float64(f.Outbox)),
		gauge("engine_work_waiting", "Rows of work, of up to 256 tasks each, that are not handed out yet.", float64(f.WorkWaiting)),
		gauge("engine_work_running", "Tasks handed out and not done.", float64(f.WorkRunning)),
		gauge("engine_timers", "Timers in memory; later ones are on disk only.", float64(f.Timers)),
		gauge("engine_timer_next_timestamp_seconds", "When the next timer on the wall clock is due; 0 if none is armed.", float64(f.NextTimer)/1e3),
		gauge("engine_cache_bytes", "Memory of the instances in the cache, about.", float64(f.CacheBytes)),
		gauge("engine_cache_budget_bytes", "Memory that the cache may take.", float64(f.CacheBudget)),
		gauge("engine_instances", "Instances in memory.", float64(f.Instances)),
		gauge("engine_watchers", "Watchers of instances.", float64(f.Watchers)),
		gauge("engine_garbage", "Histories that are being deleted in the background.", float64(f.GarbageRanges)),
	}
	for i := range list {
		list[i].Label = [2]string{label, value}
	}
	return list
}

func storeFigures(s *badgerstore.Sizes) []web.Figure {
	list := []web.Figure{
		counter("store_commit", "Number of the last commit of the database.", s.Commit),
		gauge("store_log_bytes", "Apparent size of the logs of commits; they are sparse.", float64(s.LogBytes)),
		gauge("store_value_log_bytes", "Apparent size of the value log, which stays empty.", float64(s.ValueBytes)),
		gauge("store_free_bytes", "Free space of its disk.", float64(s.FreeBytes)),
		gauge("store_pause_seconds", "How long each commit waits now, so that compactions can follow.", float64(s.PauseNanos)/1e9),
	}
	for n, level := range s.Levels {
		of := []web.Figure{
			gauge("store_tables", "Tables of the database.", float64(level.Tables)),
			gauge("store_table_bytes", "Bytes of its tables.", float64(level.Bytes)),
			gauge("store_level_score", "How much a level wants to be compacted; from 1 on it is.", level.Score),
		}
		for i := range of {
			of[i].Label = [2]string{"level", strconv.Itoa(n)}
		}
		list = append(list, of...)
	}
	return list
}

func counter(name, help string, value uint64) web.Figure {
	return web.Figure{Name: "everturn_" + name + "_total", Help: help, Value: float64(value)}
}

func gauge(name, help string, value float64) web.Figure {
	return web.Figure{Name: "everturn_" + name, Help: help, Gauge: true, Value: value}
}

// histogram gives the buckets up to 2^low, 2^(low+1)… 2^high, in units of so much.
func histogram(name, help string, h durable.Histogram, unit float64, low, high int) web.Figure {
	f := web.Figure{Name: "everturn_" + name, Help: help, Value: float64(h.Sum) * unit, Buckets: map[float64]uint64{}}
	for n, count := range h.At {
		f.Count += count
		if n >= low && n <= high {
			f.Buckets[math.Ldexp(unit, n)] = f.Count
		}
	}
	return f
}
