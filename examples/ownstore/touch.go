package main

import (
	"context"

	"github.com/djinn-go/djinn/core"
)

// Touch implements [core.Toucher].
func (s *Store) Touch(ctx context.Context, rec core.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, err := s.live(ctx, rec.Key)
	if err != nil {
		return err
	}
	if rec.ExpireDate.After(row.expires) {
		row.expires = rec.ExpireDate
		s.rows[rec.Key] = row
	}
	return nil
}
