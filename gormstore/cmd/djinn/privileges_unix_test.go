//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// withoutPrivileges makes a command of root's run as nobody, whom the mode of a file
// binds.
func withoutPrivileges(cmd *exec.Cmd) {
	if os.Getuid() == 0 {
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}
