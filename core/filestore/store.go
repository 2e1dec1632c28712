package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/djinn-go/djinn/core"
)

var errInvalidKey = errors.New("filestore: the key is not one that Django makes: use core.NewSessionKey")

// Load implements [core.Store].
func (s *Store) Load(ctx context.Context, key string) (core.Record, error) {
	if err := ctx.Err(); err != nil {
		return core.Record{}, err
	}
	if !core.ValidSessionKey(key) {
		return core.Record{}, core.ErrNotFound
	}
	if readersLock {
		unlock, err := s.lock(ctx)
		if err != nil {
			return core.Record{}, err
		}
		defer unlock()
	}
	f, err := s.readLive(key)
	if err != nil {
		return core.Record{}, err
	}
	return f.record(key), nil
}

// Create implements [core.Store].
func (s *Store) Create(ctx context.Context, rec core.Record) (string, error) {
	return s.write(ctx, rec, func() error { return s.free(rec.Key) })
}

// Update implements [core.Store].
func (s *Store) Update(ctx context.Context, rec core.Record) (string, error) {
	if !core.ValidSessionKey(rec.Key) && ctx.Err() == nil {
		return "", core.ErrNotFound
	}
	return s.write(ctx, rec, func() error { return s.expect(rec.Key, rec.Version) })
}

// Rotate implements [core.Rotator]. The file is renamed first and gets its new
// content then, so a crash between the two ends the session rather than leave a
// login under the old key.
func (s *Store) Rotate(ctx context.Context, oldKey string, rec core.Record) (string, error) {
	if !core.ValidSessionKey(oldKey) && ctx.Err() == nil {
		return "", core.ErrNotFound
	}
	return s.write(ctx, rec, func() error {
		if err := s.expect(oldKey, rec.Version); err != nil {
			return err
		}
		if err := s.free(rec.Key); err != nil {
			return err
		}
		return found(os.Rename(s.path(oldKey), s.path(rec.Key)))
	})
}

// write puts rec's text and expiry in place, if prepare finds under the lock that
// it may.
func (s *Store) write(ctx context.Context, rec core.Record, prepare func() error) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if !core.ValidSessionKey(rec.Key) {
		return "", errInvalidKey
	}
	text, err := rec.Encode()
	if err != nil {
		return "", err
	}
	if len(text) > s.maxFile() {
		return "", fmt.Errorf("filestore: %w: %d bytes of text: keep less in the session, or raise Config.MaxSize", core.ErrTooLarge, len(text))
	}
	temp, err := s.writeTemp(rec.Key, text)
	if err != nil {
		return "", err
	}
	defer os.Remove(temp) // what was not renamed
	unlock, err := s.lock(ctx)
	if err != nil {
		return "", err
	}
	defer unlock()
	// Not before: ClearExpired, which has the lock, goes by a temporary file's age.
	if err := os.Chtimes(temp, time.Time{}, s.savedFor(text, rec.ExpireDate)); err != nil {
		return "", bare(err)
	}
	if err := prepare(); err != nil {
		return "", err
	}
	if err := os.Rename(temp, s.path(rec.Key)); err != nil {
		return "", bare(err)
	}
	return rec.Key, s.syncDir()
}

// free fails if there is anything under key.
func (s *Store) free(key string) error {
	switch _, err := os.Lstat(s.path(key)); {
	case err == nil:
		return core.ErrExists
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return bare(err)
	}
}

// expect fails unless there is a live record under key that has that version, or
// any if version is empty.
func (s *Store) expect(key, version string) error {
	f, err := s.readLive(key)
	switch {
	case err != nil:
		return err
	case version != "" && version != f.version():
		return core.ErrConflict
	default:
		return nil
	}
}

// Touch implements [core.Toucher]. It sets the file's modification time. A session
// whose own expiry is a date keeps it.
func (s *Store) Touch(ctx context.Context, rec core.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !core.ValidSessionKey(rec.Key) {
		return core.ErrNotFound
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	f, err := s.readLive(rec.Key)
	if err != nil || !rec.ExpireDate.After(f.expires) {
		return err
	}
	return found(os.Chtimes(s.path(rec.Key), time.Time{}, s.savedFor(f.text, rec.ExpireDate)))
}

// Delete implements [core.Store]. An expired record that has not been cleared yet
// existed.
func (s *Store) Delete(ctx context.Context, key string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if !core.ValidSessionKey(key) {
		return false, nil
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return false, err
	}
	defer unlock()
	if fi, err := os.Lstat(s.path(key)); err == nil && fi.IsDir() {
		return false, errNotRegular
	}
	err = found(os.Remove(s.path(key)))
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	if err == nil {
		err = s.syncDir()
	}
	return err == nil, err
}

// Ping implements [core.Pinger]: it reports whether the directory is there.
func (s *Store) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := os.Stat(s.dir)
	return err
}
