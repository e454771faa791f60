// Package benchtest is what the benchmarks of stores, and of what runs on them,
// share: a directory where an fsync costs what it costs, a crowd of callers, and
// the measures that are reported. It works on Linux only, where these measures
// are to be had.
package benchtest
