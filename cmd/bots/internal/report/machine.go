package report

import (
	"runtime"
	"time"

	"github.com/prometheus/procfs"
)

// usage is how much processor time was used until a moment, in seconds.
type usage struct {
	at   time.Time
	own  float64 // by this process
	idle float64 // by nobody, of all processors
	all  float64 // that there was, of all processors; 0: the system does not tell
}

// measureUsage asks the system.
func measureUsage() usage {
	u := usage{at: time.Now(), own: processSeconds()}
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return u // not Linux
	}
	s, err := fs.Stat()
	if err != nil {
		return u
	}
	c := s.CPUTotal
	u.idle = c.Idle + c.Iowait
	u.all = u.idle + c.User + c.Nice + c.System + c.IRQ + c.SoftIRQ + c.Steal // guests are in user and nice
	return u
}

// since tells what was used from before until now: processors' worth of time
// of our own, and which part of the machine's was left, if that is known.
func (u usage) since(before usage) (cores float64, idle *float64) {
	if wall := u.at.Sub(before.at).Seconds(); wall > 0 {
		cores = (u.own - before.own) / wall
	}
	if all := u.all - before.all; u.all > 0 && all > 0 {
		part := min(max((u.idle-before.idle)/all, 0), 1)
		idle = &part
	}
	return cores, idle
}

// The tester is the bottleneck when it uses this part of the processors that Go
// gives it; the machine is, when less than that part of its time is left.
const (
	testerBusy  = 0.9
	machineIdle = 0.05
)

// Tester is how the tester itself did.
type Tester struct {
	CPUSeconds float64  `json:"cpu_seconds"`
	CPUCores   float64  `json:"cpu_cores"`
	Cores      int      `json:"cores"`        // that it may use
	Idle       *float64 `json:"machine_idle"` // 0 to 1; null: the system does not tell
	Goroutines int      `json:"goroutines"`
	Bottleneck bool     `json:"bottleneck"`
	Warning    string   `json:"warning"` // why; empty if it is none

	machine int // cores that there are
}

// testerOf judges a play by the processor time that was used. serverCores is 0
// where it is not known.
func testerOf(from, to usage, serverCores float64) Tester {
	t := Tester{CPUSeconds: round(to.own - from.own), Cores: runtime.GOMAXPROCS(0), Goroutines: runtime.NumGoroutine(), machine: runtime.NumCPU()}
	cores, idle := to.since(from)
	t.CPUCores = round(cores)
	if idle != nil {
		part := round(*idle)
		t.Idle = &part
	}
	t.warn(serverCores)
	return t
}

func (t *Tester) warn(serverCores float64) {
	switch {
	case t.CPUCores >= testerBusy*float64(t.Cores):
		t.Warning = "The tester used " + cores(t.CPUCores) + " of the " + plural(int64(t.Cores), "core") +
			" that it may use. It was the bottleneck: the server may be faster than these figures."
	case t.Idle != nil && *t.Idle < machineIdle:
		who := "the tester took " + cores(t.CPUCores) + " of " + plural(int64(t.machine), "core")
		if serverCores > 0 {
			others := max(0, float64(t.machine)*(1-*t.Idle)-t.CPUCores-serverCores)
			who += ", the server " + cores(serverCores) + ", others " + cores(others)
		}
		t.Warning = "The machine had " + percent(*t.Idle) + " of its processor time left: " + who +
			". What others took was not there for the server: it may be faster than these figures."
	}
	t.Bottleneck = t.Warning != ""
}
