package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/everturn/everturn/orchestrator/durable"
	"github.com/everturn/everturn/orchestrator/durable/badgerstore"
)

// advice says for each kind of failure what to do about it; the first that fits counts. What is wrong, and with which
// file, the error itself says.
var advice = []struct {
	kind error
	do   string
}{
	{badgerstore.ErrLocked, "Stop the other server, or start this one with another directory (--data) and port (--addr)."},
	{badgerstore.ErrBehindMark, "Restore a backup into a new directory ('server restore FILE --data NEW'), or give up what is missing: 'server verify --accept-loss'."},
	{badgerstore.ErrFormat, "Name the right directory (--data), or use the release that wrote this one. Nothing in it was changed."},
	{badgerstore.ErrDamaged, "Restore a backup into a new directory ('server restore FILE --data NEW'), and keep this one until that is done."},
	{badgerstore.ErrBackup, "Use another backup. Nothing was made."},
	{durable.ErrCorrupt, "Restore a backup into a new directory ('server restore FILE --data NEW'), and keep this one until that is done."},
	{errDies, "What it said above is why. Without --workshop it is not started again."},
	{syscall.EADDRINUSE, "Stop the program that listens there (an Everturn server, perhaps), or choose another port (--addr :0 picks a free one)."},
	{syscall.EADDRNOTAVAIL, "Choose an address of this machine (--addr)."},
	{syscall.ENOSPC, "Make room on the disk, or choose a directory on another one (--data)."},
	{syscall.EROFS, "Choose a directory that can be written to (--data)."},
	{syscall.ENOTDIR, "A part of the path is a file; choose another directory (--data)."},
	{fs.ErrPermission, "Let this user have it, or choose another one (--data for the directory, --addr for the port)."},
}

// explain writes an error for whoever started the program: what is wrong, and what to do.
func explain(err error) string {
	text := strings.NewReplacer("badgerstore: ", "", "web: ", "").Replace(err.Error())
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return fmt.Sprintf("%s\n  Choose an address of this machine (--addr).", text)
	}
	for _, a := range advice {
		if errors.Is(err, a.kind) {
			return text + "\n  " + a.do
		}
	}
	return text
}

// isLocked says whether a directory could not be opened because a server runs on it.
func isLocked(err error) bool { return errors.Is(err, badgerstore.ErrLocked) }

// exists says whether there is something at a path; what cannot be known is an error.
func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
