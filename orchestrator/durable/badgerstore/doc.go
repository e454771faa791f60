// Package badgerstore is the [durable.Store] on Badger: everything an Everturn
// server keeps lies in one directory.
//
// # One fsync for whoever waits
//
// A transaction is synced as a whole. So one goroutine, the committer,
// takes all batches that wait, puts them into one transaction while they fit,
// commits it, and tells everybody; what arrived meanwhile is the next group.
// It does not prepare a transaction while another one is flushed: measured,
// that makes smaller groups and is slower, and it could leave a later commit
// in the log behind a failed one.
//
// That fsync is ours, not Badger's, which would sync a second file that never
// changes: see activeLog.
//
// The database is opened in Badger's managed mode: the number of a commit is
// its version. Views read at the last acknowledged number and so never wait
// for a running fsync, as they would in Badger's own mode.
//
// # What is believed of the files
//
// Badger forgives more than we may. It cuts its log at the first bad byte, it
// deletes tables that its manifest does not name, and its reads and
// compactions take a block with a bad checksum for the end of the table:
// rows vanish without an error. So before Badger sees a directory, inspect
// reads it: every block of every table, every log, without changing a byte.
// Commits must be there without a hole, up to the number in the commit mark,
// a small file of our own written after every commit. What does not add up is
// refused with the name of the file, and the evidence stays as it was.
//
// # Files
//
// everturn.format says version, partitions and epoch; everturn.mark is the
// commit mark; everything else is Badger's.
package badgerstore
