package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/djinn-go/djinn/core"
)

// Store is a session store of our own: a map, in which a session is the text that
// Django would keep in its table.
type Store struct {
	mu   sync.Mutex
	rows map[string]row // by session key
}

type row struct {
	text    string
	expires time.Time
}

// NewStore returns an empty store.
func NewStore() *Store { return &Store{rows: make(map[string]row)} }

// Load implements [core.Store].
func (s *Store) Load(ctx context.Context, key string) (core.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, err := s.live(ctx, key)
	if err != nil {
		return core.Record{}, err
	}
	return core.Record{Key: key, Encoded: row.text, ExpireDate: row.expires, Version: row.text}, nil
}

// Create implements [core.Store].
func (s *Store) Create(ctx context.Context, rec core.Record) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.rows[rec.Key]; taken {
		return "", core.ErrExists
	}
	return s.put(ctx, rec)
}

// Update implements [core.Store].
func (s *Store) Update(ctx context.Context, rec core.Record) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, err := s.live(ctx, rec.Key)
	if err != nil {
		return "", err
	}
	if rec.Version != "" && rec.Version != row.text {
		return "", core.ErrConflict
	}
	return s.put(ctx, rec)
}

// Delete implements [core.Store].
func (s *Store) Delete(ctx context.Context, key string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return false, err
	}
	_, existed := s.rows[key]
	delete(s.rows, key)
	return existed, nil
}

// live returns the row under key if it is there and has not expired. The caller
// holds the lock.
func (s *Store) live(ctx context.Context, key string) (row, error) {
	if err := ctx.Err(); err != nil {
		return row{}, err
	}
	found, ok := s.rows[key]
	if !ok || !found.expires.After(time.Now()) {
		return row{}, core.ErrNotFound
	}
	return found, nil
}

// put writes the row under rec.Key. The caller holds the lock.
func (s *Store) put(ctx context.Context, rec core.Record) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	text, err := rec.Encode()
	if err != nil {
		return "", err
	}
	s.rows[rec.Key] = row{text, rec.ExpireDate}
	return rec.Key, nil
}

// Format prints neither keys nor texts, whatever the verb.
func (s *Store) Format(f fmt.State, _ rune) { fmt.Fprint(f, "a store of our own") }
