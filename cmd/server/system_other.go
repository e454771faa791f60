//go:build !linux && !darwin

package main

import "errors"

// freeSpace is not known here; the database does not watch it here, either.
func freeSpace(string) (int64, error) {
	return 0, errors.New("the free disk space is not known on this system")
}
