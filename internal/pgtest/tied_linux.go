package pgtest

import (
	"os/exec"
	"runtime"
	"syscall"
)

// startTied starts cmd so that it ends with this process, however that ends.
// Linux ties it to the starting thread, which is kept until ended is closed.
func startTied(cmd *exec.Cmd, ended <-chan struct{}) error {
	attributes := *cmd.SysProcAttr
	attributes.Pdeathsig = syscall.SIGQUIT
	cmd.SysProcAttr = &attributes
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		started <- cmd.Start()
		<-ended
	}()
	return <-started
}
