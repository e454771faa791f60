//go:build !unix

package report

// processSeconds is not known on this system.
func processSeconds() float64 { return 0 }

// terminalWidth is not known on this system.
func terminalWidth(uintptr) int { return 0 }
