// Package measure counts what bots see while they play: how long things took,
// what was refused, what broke, and every promise that was not kept.
//
// A Recorder is shared by all bots of a process. What happens with every move
// goes into one of several shards, picked at random, each with a lock of its
// own, so that goroutines hardly ever wait for each other; what happens seldom
// goes through one lock. A Snapshot gathers the shards.
//
// Durations are kept in HdrHistograms of three digits, from a microsecond to a
// minute. They are rounded up: to a whole microsecond when they are recorded,
// by at most a thousandth when they are read. More than a minute counts as a
// minute, less than a microsecond as a microsecond.
package measure
