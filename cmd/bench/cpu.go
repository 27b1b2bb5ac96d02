package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of the times in Linux's /proc/PID/stat (sysconf
// _SC_CLK_TCK, 100 a second on every platform that Go runs on).
const clockTick = 10 * time.Millisecond

// cpuOf is the CPU time that a process has used; 0 where the system does not
// tell.
func cpuOf(pid int) time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name, in parentheses, may hold anything.
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	const user, system = 11, 12 // counted from the state
	if len(fields) <= system {
		return 0
	}
	var ticks int64
	for _, field := range fields[user : system+1] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick
}

// spent is CPU time of the processes that a change passes through. The
// stand-ins, the load and the bare worker are this process.
type spent struct{ product, temporal, here time.Duration }

func (w *world) spent() spent {
	s := spent{temporal: cpuOf(w.temporal.PID()), here: cpuOf(os.Getpid())}
	if w.product != nil {
		s.product = cpuOf(w.product.cmd.Process.Pid)
	}
	return s
}

// since adds what was spent since before.
func (s *spent) since(w *world, before spent) {
	now := w.spent()
	s.product += now.product - before.product
	s.temporal += now.temporal - before.temporal
	s.here += now.here - before.here
}

func (s spent) each(n int) string {
	one := func(d time.Duration) string { return number(milliseconds(d) / float64(n)) }
	return fmt.Sprintf("CPU a change: product %s ms, Temporal %s ms, stand-ins and load %s ms", one(s.product), one(s.temporal), one(s.here))
}
