//go:build unix

package report

import "golang.org/x/sys/unix"

// processSeconds is the processor time of this process so far.
func processSeconds() float64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0 // it only fails for another argument
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// terminalWidth is how many characters fit into a line; 0 if that is not known.
func terminalWidth(fd uintptr) int {
	size, err := unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}
