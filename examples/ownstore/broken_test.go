package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/storetest"
)

// TestSuiteFindsMistakes leaves out one line of the store after the other. Each
// time the suite must say which rule is broken: README.md quotes these names.
func TestSuiteFindsMistakes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		store func() core.Store
		want  string // the case
	}{
		"Load without the expiry":    {func() core.Store { return immortal{NewStore()} }, "load/expired"},
		"Load without the context":   {func() core.Store { return patient{NewStore()} }, "context/ended"},
		"Create that overwrites":     {func() core.Store { return overwriting{NewStore()} }, "create/taken"},
		"Update that inserts":        {func() core.Store { return inserting{NewStore()} }, "update/absent"},
		"Update without the version": {func() core.Store { return careless{NewStore()} }, "update/conflict"},
		"Update in two steps":        {func() core.Store { return twoSteps{NewStore()} }, "delete/final"},
		"Touch that moves backwards": {func() core.Store { return backwards{NewStore()} }, "touch/backwards"},
		"a store that prints":        {func() core.Store { return &talkative{Store: Store{rows: make(map[string]row)}} }, "secrecy/print"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := storetest.Check(func() (core.Store, error) { return tc.store(), nil })
			if err == nil || !strings.Contains(err.Error(), tc.want+":") {
				t.Errorf("got %v, want the case %s to fail", err, tc.want)
			}
		})
	}
}

type immortal struct{ *Store }

func (s immortal) Load(ctx context.Context, key string) (core.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.rows[key]
	if err := ctx.Err(); err != nil || !ok {
		return core.Record{}, errors.Join(err, core.ErrNotFound)
	}
	return core.Record{Key: key, Encoded: found.text, ExpireDate: found.expires, Version: found.text}, nil
}

type patient struct{ *Store }

func (s patient) Load(ctx context.Context, key string) (core.Record, error) {
	return s.Store.Load(context.WithoutCancel(ctx), key)
}

type overwriting struct{ *Store }

func (s overwriting) Create(ctx context.Context, rec core.Record) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(ctx, rec)
}

type inserting struct{ *Store }

func (s inserting) Update(ctx context.Context, rec core.Record) (string, error) {
	key, err := s.Store.Update(ctx, rec)
	if errors.Is(err, core.ErrNotFound) {
		return s.Create(ctx, rec)
	}
	return key, err
}

type careless struct{ *Store }

func (s careless) Update(ctx context.Context, rec core.Record) (string, error) {
	rec.Version = ""
	return s.Store.Update(ctx, rec)
}

type twoSteps struct{ *Store }

func (s twoSteps) Update(ctx context.Context, rec core.Record) (string, error) {
	now, err := s.Load(ctx, rec.Key)
	if err != nil {
		return "", err
	}
	if rec.Version != "" && rec.Version != now.Version {
		return "", core.ErrConflict
	}
	time.Sleep(time.Millisecond) // what a round trip takes
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(ctx, rec)
}

type backwards struct{ *Store }

func (s backwards) Touch(ctx context.Context, rec core.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.live(ctx, rec.Key)
	if err == nil {
		s.rows[rec.Key] = row{found.text, rec.ExpireDate}
	}
	return err
}

type talkative struct {
	Store
	Format struct{} // hides the method
}
