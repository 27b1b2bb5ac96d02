package chaos

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

func lockThread() { runtime.LockOSThread() }

// tie makes a process end with this one, however that ends.
func tie(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.SysProcAttr.Setpgid = true // a Ctrl-C is for us: we stop them in order
}

// noLimit is RLIM_INFINITY.
const noLimit = ^uint64(0)

// canLimit reports whether limitFiles does anything.
const canLimit = true

// limitFiles lets a process that runs, and those that it started, write to no
// file beyond its first bytes: what a full disk is to it. The hard limit is left
// as it is, so that noLimit takes it back.
func limitFiles(cmd *exec.Cmd, bytes uint64) error {
	limit := prlimit
	if cmd.SysProcAttr.Credential != nil { // only its own user may, and not always root
		limit = func(pid int, bytes uint64) error {
			soft := "unlimited"
			if bytes != noLimit {
				soft = strconv.FormatUint(bytes, 10)
			}
			tool := exec.Command("prlimit", "--pid", strconv.Itoa(pid), "--fsize="+soft+":")
			tool.SysProcAttr = &syscall.SysProcAttr{Credential: cmd.SysProcAttr.Credential}
			if out, err := tool.CombinedOutput(); err != nil {
				return fmt.Errorf("limit files of process %d: %w: %s", pid, err, strings.TrimSpace(string(out)))
			}
			return nil
		}
	}
	pid := cmd.Process.Pid
	err := limit(pid, bytes)
	for _, child := range childrenOf(pid) {
		_ = limit(child, bytes) // it may have ended by now
	}
	return err
}

func prlimit(pid int, bytes uint64) error {
	var limit syscall.Rlimit
	call := func(to, old *syscall.Rlimit) error {
		_, _, failed := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), syscall.RLIMIT_FSIZE,
			uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(old)), 0, 0)
		if failed != 0 {
			return fmt.Errorf("limit files of process %d: %w", pid, failed)
		}
		return nil
	}
	if err := call(nil, &limit); err != nil {
		return err
	}
	limit.Cur = min(bytes, limit.Max)
	return call(&limit, nil)
}

// childrenOf lists the processes that a process has started.
func childrenOf(pid int) (children []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is sound
	for _, stat := range stats {
		raw, err := os.ReadFile(stat)
		if err != nil {
			continue // it has ended
		}
		// The name in parentheses may hold anything.
		_, rest, _ := strings.Cut(string(raw[strings.LastIndexByte(string(raw), ')')+1:]), " ")
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			if child, err := strconv.Atoi(filepath.Base(filepath.Dir(stat))); err == nil {
				children = append(children, child)
			}
		}
	}
	return children
}
