//go:build !race

package main

import "time"

const detectorPause = 0 * time.Second
