//go:build !linux

package pgtest

import "os/exec"

// startTied starts cmd. Run stops it; nothing does when this process is killed.
func startTied(cmd *exec.Cmd, _ <-chan struct{}) error { return cmd.Start() }
