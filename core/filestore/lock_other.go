//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package filestore

import (
	"errors"
	"os"
)

const readersLock = false

func openNoFollow(path string) (*os.File, error) { return os.Open(path) }

// tryLock fails: without a lock between processes updates would be lost.
func tryLock(string) (unlock func(), err error) { return nil, errors.ErrUnsupported }
