package filestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/signing"
)

var errNotRegular = errors.New("filestore: something else than a regular file is in the place of a session: remove it, and find out who put it there")

// file is a session's file as it was read.
type file struct {
	text    string
	tooLong bool
	expires time.Time
}

// readLive reads the file of a valid key. An expired one is ErrNotFound.
func (s *Store) readLive(key string) (file, error) {
	f, err := s.read(s.path(key))
	if err == nil && !f.expires.After(s.settings.Now()) {
		err = core.ErrNotFound
	}
	return f, err
}

// read reads a file. Content and modification time belong together, because a
// file's content never changes in place.
func (s *Store) read(path string) (file, error) {
	in, err := openNoFollow(path)
	if errors.Is(err, fs.ErrNotExist) {
		return file{}, s.absent()
	}
	if err != nil {
		return file{}, bare(err)
	}
	defer in.Close()
	fi, err := in.Stat()
	if err != nil {
		return file{}, bare(err)
	}
	if !fi.Mode().IsRegular() {
		return file{}, errNotRegular
	}
	text := make([]byte, min(fi.Size(), int64(s.maxFile())+1))
	n, err := io.ReadFull(in, text)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return file{}, bare(err)
	}
	f := file{text: string(text[:n]), tooLong: n > s.maxFile()}
	f.expires = s.expireDate(f.text, fi.ModTime())
	return f, nil
}

// absent is the error for a file that is not there: ErrNotFound if its directory
// is. All sessions are gone otherwise, which must not look like a logout.
func (s *Store) absent() error {
	if _, err := os.Stat(s.dir); err != nil {
		return fmt.Errorf("filestore: no directory for the sessions: mount it, or create it with mode 0700 for the service's user: %w", bare(err))
	}
	return core.ErrNotFound
}

// record is f as Load returns it.
func (f file) record(key string) core.Record {
	rec := core.Record{Key: key, Encoded: f.text, ExpireDate: f.expires.UTC(), Version: f.version()}
	if f.tooLong {
		rec = rec.WithDecode(func(core.Codec) (core.Values, error) {
			return core.Values{}, fmt.Errorf("filestore: %w: the file is larger than Config.MaxSize allows", core.ErrUndecodable)
		})
	}
	return rec
}

// version is the text itself. An empty file, which Django leaves for a moment
// while it creates a session, has no items and still a version.
func (f file) version() string {
	if f.text == "" {
		return "empty"
	}
	return f.text
}

// expireDate is when a session with this text expires that was saved at that
// moment. The text is only looked at, because whoever could forge it here could
// set the time as well; what cannot be read has no expiry of its own.
func (s *Store) expireDate(text string, saved time.Time) time.Time {
	var items core.Values
	if json, _, err := signing.Peek(text, s.maxFile()); err == nil {
		items, _ = core.ParseValues(string(json)) // no items on an error
	}
	return items.ExpireDate(saved, s.settings.Get().CookieAge)
}

// savedFor is the modification time that makes expireDate return expires: about
// now for what the engine writes.
func (s *Store) savedFor(text string, expires time.Time) time.Time {
	now := s.settings.Now()
	return now.Add(expires.Sub(s.expireDate(text, now)))
}

// writeTemp writes text to a temporary file and returns its path.
func (s *Store) writeTemp(key, text string) (path string, err error) {
	f, err := os.CreateTemp(s.dir, s.prefix()+key+tempInfix+"*") // mode 0600
	if err != nil {
		return "", bare(err)
	}
	_, err = io.WriteString(f, text)
	if err == nil && s.sync {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return "", bare(err)
	}
	return f.Name(), nil
}

// tempInfix parts a session's name from the rest of a temporary file's, as in Django.
const tempInfix = "_out_"

// syncDir waits until the directory's entries are on the disk, if that is asked for.
func (s *Store) syncDir() error {
	if !s.sync {
		return nil
	}
	d, err := os.Open(filepath.Clean(s.dir))
	if err != nil {
		return bare(err)
	}
	return bare(errors.Join(d.Sync(), d.Close()))
}

// found is bare, with ErrNotFound for a file that is not there.
func found(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return core.ErrNotFound
	}
	return bare(err)
}

// bare takes the path, which holds the key, out of an error of package os.
func bare(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &path):
		err = fmt.Errorf("filestore: %s: %w", path.Op, path.Err)
	case errors.As(err, &link):
		err = fmt.Errorf("filestore: %s: %w", link.Op, link.Err)
	default:
		return err
	}
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w: the service and the Django site must run under the same user, who owns the directory", err)
	}
	return err
}
