//go:build !linux

package pages

import "os"

// WriteSingly does nothing here.
func WriteSingly(*os.File) error { return nil }

// Out does nothing here.
func Out(string) (bytes int64, err error) { return 0, nil }

// ProgramOut does nothing here.
func ProgramOut() (bytes int64, err error) { return 0, nil }
