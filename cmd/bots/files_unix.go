//go:build linux || darwin

package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// raiseFiles sees to it that so many files can be open at once.
func raiseFiles(n int) error {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	if uint64(n) <= l.Cur {
		return nil
	}
	if uint64(n) > l.Max {
		return fmt.Errorf("%d sockets need as many open files, and this process may have %d: raise the limit (ulimit -Hn), or share the run between processes with --shard", n, l.Max)
	}
	l.Cur = l.Max
	return unix.Setrlimit(unix.RLIMIT_NOFILE, &l)
}
