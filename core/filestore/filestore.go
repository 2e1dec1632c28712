// Package filestore keeps sessions in a directory, one file each, as Django's file
// back end does. A Django site with the same SECRET_KEY, SESSION_FILE_PATH and
// SESSION_COOKIE_NAME reads and writes the same files.
//
// A session is in the file <cookie name><key>, mode 0600, whose content is what
// Django keeps in session_data. It is replaced by renaming a complete temporary
// file (<name>_out_<random>, as Django's) over it, so that a reader sees one
// write or the other, and a disk that is full leaves the old content as it was.
//
// # Expiry
//
// Django keeps no expiry in its files. It takes the session's own (the item
// _session_expiry) or, failing that, the file's modification time plus
// SESSION_COOKIE_AGE. This store computes the same way, whoever wrote the file:
//
//	own expiry   expires at                   Django reads
//	none, 0      modification time + age      the same
//	a date       that date                    the same
//	seconds      modification time + seconds  never, if positive (a bug in Django)
//
// and sets the modification time of what it writes so that this comes to
// Record.ExpireDate, which is why Config.CookieAge must be Django's
// SESSION_COOKIE_AGE. A date wins over Record.ExpireDate; the engine always gives the
// same; Django before 4.1 fails on a file with one. Extending a session sets the
// modification time and leaves the content alone. The precision is that of the file
// system: nanoseconds on ext4, XFS and APFS, 100 ns on NTFS; Django's own is a
// microsecond.
//
// # Locks
//
// Processes that use this store agree by a lock on the file .<cookie name>.lock in
// the directory: no update is lost, and none brings back what was deleted. Reading
// takes no lock, except on Windows. Keep what tidies up (systemd-tmpfiles, a cron
// job) away from that file: removed while it is held, it lets a second writer in.
//
// Django takes no lock. Its writes and deletions are noticed up to the moment of
// the rename: what it does in the microseconds between our last look and our
// rename is overwritten, and what Go does between Django's load and Django's save
// is overwritten by Django, as another Django's would be. Where both sides log
// the same users in and out, use the database.
//
// The lock is flock on Unix, which NFS offers only where client and server support
// it; elsewhere than on Unix and Windows [New] returns an error of kind
// errors.ErrUnsupported.
//
// # Operation
//
// Give the sessions a directory of their own that only the service's user can
// enter, and both sides the same user, because files are readable by their owner
// alone. Expired files stay until [Store.ClearExpired].
package filestore

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/djinn-go/djinn/core"
)

// Store is a [core.Store] in a directory. It is also a [core.Toucher],
// [core.Rotator], [core.ExpiredClearer], [core.Configurer] and [core.Pinger]. Create
// one with [New]; it is safe for concurrent use, holds no file open between calls, and
// has nothing to close.
//
// File operations cannot be interrupted, so a context counts at the beginning of a
// call and while the call waits for the lock.
type Store struct {
	dir      string
	settings core.StoreSettings
	sync     bool
	// turn lets one writer of this process at a time compete for the lock.
	turn chan struct{}
}

// Option is a setting of [New].
type Option func(*options)

type options struct{ sync bool }

// WithSync makes every write wait until it is on the disk, so that a power failure
// loses no session that was answered for. Django does not, and neither does the
// default; a write then costs what the disk needs, often milliseconds.
func WithSync() Option { return func(o *options) { o.sync = true } }

// New returns a store in dir, which must exist and be writable: New tries. Django's
// default for SESSION_FILE_PATH is os.TempDir(). The error says which option or what
// about the directory is wrong.
func New(dir string, opts ...Option) (*Store, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	fi, err := os.Stat(abs)
	if err == nil && !fi.IsDir() {
		err = errors.New("it is not a directory")
	}
	if dir == "" || err != nil {
		return nil, fmt.Errorf("filestore: no directory %q for the sessions: create it, owned by the service's user and with mode 0700: %w", dir, errors.Join(bare(err)))
	}
	try := filepath.Join(abs, ".djinn-"+strings.ToLower(rand.Text())+".lock")
	unlock, err := tryLock(try)
	if err == nil {
		unlock()
		_ = os.Remove(try)
	}
	if err != nil {
		return nil, fmt.Errorf("filestore: the directory %q cannot be locked: make it writable for the service's user: %w", dir, bare(err))
	}
	return &Store{dir: abs, sync: o.sync, turn: make(chan struct{}, 1)}, nil
}

// Configure implements [core.Configurer]: the store needs the name and the age of the
// cookie, the size, and the clock. Two sites in one directory need cookie names of
// which none begins with the other; better are two directories.
func (s *Store) Configure(all core.Settings) error {
	if name := all.CookieName; name != "" && (name != filepath.Base(name) || strings.ContainsAny(name, "/\\\x00")) {
		return fmt.Errorf("filestore: CookieName %q cannot begin the name of a file: use the name of the session cookie", name)
	}
	return s.settings.Keep(core.Settings{CookieName: all.CookieName, CookieAge: all.CookieAge, MaxSize: all.MaxSize, Now: all.Now})
}

func (s *Store) prefix() string { return s.settings.Get().CookieName }

// maxFile bounds what is read and written, in bytes of text: the JSON text of
// Config.MaxSize grows by a third in base64, and Django may not have deflated it. A
// larger file is undecodable.
func (s *Store) maxFile() int { return 4 * s.settings.Get().MaxSize }

// path is the file of a key that [core.ValidSessionKey] has accepted.
func (s *Store) path(key string) string { return filepath.Join(s.dir, s.prefix()+key) }

func (s *Store) lockFile() string { return filepath.Join(s.dir, "."+s.prefix()+".lock") }

// Format prints the directory and no keys, whatever the verb.
func (s *Store) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "filestore.Store(%s)", s.dir) }
