//go:build race

package main

import "time"

// detectorPause is how long a program built with the race detector waits before it exits (its atexit_sleep_ms).
const detectorPause = time.Second
