// Package scenario is what the bots of a load test do, and what they check while they do it.
//
// A table is a match with two bots, each with a connection of its own (package bot). Every scenario is some tables, and
// what happens to them: they play as fast as they can (pairs), at a given rate (open), are watched by many (spectators),
// lose all their connections again and again (storm), or their server (chaos). Idle is connections alone.
//
// # What is checked
//
// A server's word is an ack: the move is on disk, as this event. So each player holds every ack against the events that
// it sees: the event of that number must be its own move. Each event that is a move of its own must be one that it has
// sent, once. Numbers leave nothing out and do not come again; what a seat may not know is not shown to it. That is done
// for every frame, while bots play. After the end, games are looked at again from outside (verify.go): their records must
// hold just the moves that were played, and lead, by the rules alone, to the position that the server shows.
//
// All of it is counted in a measure.Recorder; nothing of it ends a run.
package scenario
