package main

import "github.com/everturn/everturn/web"

// figures are what the engine tells about itself at /metrics.
func (e *engine) figures() []web.Figure {
	s := e.host.Stats()
	list := []web.Figure{
		counter("engine_turns", "Turns taken.", s.Turns.Load()),
		counter("engine_commits", "Batches committed.", s.Commits.Load()),
		counter("engine_rows", "Rows written.", s.Rows.Load()),
		counter("engine_bytes", "Bytes of keys and values written.", s.Bytes.Load()),
		counter("engine_cache_hits", "Turns of instances that were in memory.", s.CacheHits.Load()),
		counter("engine_cache_misses", "Turns of instances that were read from disk.", s.CacheMisses.Load()),
		counter("engine_evicted", "Instances that the cache let go.", s.Evicted.Load()),
		counter("engine_repeats", "Requests that had been made before, and got their old answer.", s.Repeats.Load()),
		counter("engine_duplicates", "Messages between partitions that came again.", s.Duplicates.Load()),
		counter("engine_gaps", "Messages between partitions that came too early; a bug.", s.Gaps.Load()),
		counter("engine_dropped", "Results that nobody waited for, and messages over a limit.", s.Dropped.Load()),
		counter("engine_corrupt", "Rows that could not be read.", s.Corrupt.Load()),
		counter("engine_busy", "Messages refused because too many waited.", s.Busy.Load()),
		counter("engine_recoveries", "Times that the database was opened again after a failed commit.", s.Recoveries.Load()),
		counter("engine_refused", "Commits that the store refused.", s.Refused.Load()),
		gauge("engine_quarantined", "Instances that are set aside now.", int64(len(s.Quarantine()))),
		gauge("engine_watchers", "Watchers of instances.", s.Watchers.Load()),
		gauge("engine_working", "Activities that run.", s.Working.Load()),
	}
	sizes, err := e.store.Sizes()
	if err != nil {
		return list // the store is closed, or fails: readyz says so
	}
	return append(list,
		counter("store_commit", "Number of the last commit of the database.", sizes.Commit),
		gauge("store_tables", "Tables of the database.", int64(sizes.Tables)),
		gauge("store_table_bytes", "Bytes of its tables.", sizes.TableBytes),
		gauge("store_level_zero", "Tables that wait for compaction.", int64(sizes.LevelZero)),
		gauge("store_free_bytes", "Free space of its disk.", sizes.FreeBytes),
	)
}

func counter(name, help string, value uint64) web.Figure {
	return web.Figure{Name: "everturn_" + name + "_total", Help: help, Value: float64(value)}
}

func gauge(name, help string, value int64) web.Figure {
	return web.Figure{Name: "everturn_" + name, Help: help, Gauge: true, Value: float64(value)}
}
