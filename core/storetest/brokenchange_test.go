package storetest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/djinn-go/djinn/core"
)

// The stores of this file lose writes, or bring back what was deleted.

// upsert updates, or creates what is not there, in two steps.
func (f *faulty) upsert(ctx context.Context, rec core.Record) (string, error) {
	key, err := f.good.Update(ctx, rec)
	if errors.Is(err, core.ErrNotFound) {
		return f.good.Create(ctx, rec)
	}
	return key, err
}

var brokenUpdates = []broken{
	{"never changes the version", []string{"update/version-changes"}, func(f *faulty) {
		f.rewriteRecord(func(rec *core.Record) { rec.Version = "1" })
		f.update = func(ctx context.Context, rec core.Record) (string, error) {
			rec.Version = ""
			return f.good.Update(ctx, rec)
		}
	}},
	{"has no versions", []string{"update/version-changes", "update/conflict"}, func(f *faulty) {
		f.rewriteRecord(func(rec *core.Record) { rec.Version = "" })
	}},
	{"ignores the version", []string{"update/conflict", "update/reborn", "update/counter"}, func(f *faulty) {
		f.update = func(ctx context.Context, rec core.Record) (string, error) {
			rec.Version = ""
			return f.good.Update(ctx, rec)
		}
	}},
	{"writes although it says conflict", []string{"update/conflict"}, func(f *faulty) {
		f.update = func(ctx context.Context, rec core.Record) (string, error) {
			key, err := f.good.Update(ctx, rec)
			if errors.Is(err, core.ErrConflict) {
				rec.Version = ""
				_, _ = f.good.Update(ctx, rec)
			}
			return key, err
		}
	}},
	{"counts versions from one for each record", []string{"update/reborn"}, func(f *faulty) {
		var mu sync.Mutex
		count := map[string]int{}
		version := func(key string) string { return strconv.Itoa(count[key] + 1) }
		f.load = func(ctx context.Context, key string) (core.Record, error) {
			mu.Lock()
			defer mu.Unlock()
			rec, err := f.good.Load(ctx, key)
			rec.Version = version(key)
			return rec, err
		}
		f.update = func(ctx context.Context, rec core.Record) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			if _, err := f.good.Load(ctx, rec.Key); err == nil && rec.Version != "" && rec.Version != version(rec.Key) {
				return "", core.ErrConflict
			}
			rec.Version = ""
			key, err := f.good.Update(ctx, rec)
			if err == nil {
				count[rec.Key]++
			}
			return key, err
		}
		f.delete = func(ctx context.Context, key string) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			delete(count, key)
			return f.good.Delete(ctx, key)
		}
	}},
	{"wants a version", []string{"update/no-version"}, func(f *faulty) {
		f.update = func(ctx context.Context, rec core.Record) (string, error) {
			if rec.Version == "" {
				rec.Version = "none"
			}
			return f.good.Update(ctx, rec)
		}
	}},
	{"always conflicts", []string{"update/version-changes", "update/counter"}, func(f *faulty) {
		f.update = func(ctx context.Context, rec core.Record) (string, error) {
			if rec.Version != "" {
				rec.Version = "none"
			}
			return f.good.Update(ctx, rec)
		}
	}},
	{"upserts on update", []string{"update/absent", "update/deleted", "update/hand-made", "delete/removes", "delete/final"}, func(f *faulty) {
		f.update = f.upsert
	}},
	{"says that it updated what is not there", []string{"update/absent", "update/deleted", "update/expired"}, func(f *faulty) {
		f.update = func(ctx context.Context, rec core.Record) (string, error) {
			key, err := f.good.Update(ctx, rec)
			if errors.Is(err, core.ErrNotFound) {
				return rec.Key, nil
			}
			return key, err
		}
	}},
	{"takes a deleted record for a conflict", []string{"update/deleted"}, func(f *faulty) {
		f.update = func(ctx context.Context, rec core.Record) (string, error) {
			key, err := f.good.Update(ctx, rec)
			if errors.Is(err, core.ErrNotFound) && rec.Version != "" {
				return "", core.ErrConflict
			}
			return key, err
		}
	}},
	{"revives what has expired", []string{"update/expired"}, func(f *faulty) {
		f.keepExpired()
		f.heedExpiry()
		f.update = f.good.Update
	}},
	{"compares and writes in two steps", []string{"update/counter"}, func(f *faulty) {
		f.update = func(ctx context.Context, rec core.Record) (string, error) {
			old, err := f.good.Load(ctx, rec.Key)
			if err != nil {
				return "", err
			}
			if rec.Version != "" && rec.Version != old.Version {
				return "", core.ErrConflict
			}
			pause()
			rec.Version = ""
			return f.good.Update(ctx, rec)
		}
	}},
	{"writes items and expiry in two steps", []string{"update/torn"}, func(f *faulty) {
		f.update = func(ctx context.Context, rec core.Record) (string, error) {
			old, err := f.good.Load(ctx, rec.Key)
			if err != nil {
				return "", err
			}
			expires := rec.ExpireDate
			rec.ExpireDate = old.ExpireDate
			if key, err := f.good.Update(ctx, rec); err != nil {
				return key, err
			}
			pause()
			rec.ExpireDate, rec.Version = expires, ""
			return f.good.Update(ctx, rec)
		}
	}},
	{"updates by deleting and inserting", []string{"update/torn"}, func(f *faulty) {
		var mu sync.Mutex
		f.update = func(ctx context.Context, rec core.Record) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			key, err := f.good.Update(ctx, rec)
			if err != nil {
				return key, err
			}
			_, _ = f.good.Delete(ctx, rec.Key)
			pause()
			return f.good.Create(ctx, rec)
		}
	}},
}

var brokenDeletes = []broken{
	{"does not delete", []string{"delete/removes"}, func(f *faulty) {
		f.delete = func(ctx context.Context, key string) (bool, error) {
			_, err := f.good.Load(ctx, key)
			return err == nil, nil
		}
	}},
	{"says that everything existed", []string{"delete/removes", "delete/absent", "delete/parallel"}, func(f *faulty) {
		f.delete = func(ctx context.Context, key string) (bool, error) {
			_, err := f.good.Delete(ctx, key)
			return err == nil, err
		}
	}},
	{"says that nothing existed", []string{"delete/removes", "delete/parallel"}, func(f *faulty) {
		f.delete = func(ctx context.Context, key string) (bool, error) {
			_, err := f.good.Delete(ctx, key)
			return false, err
		}
	}},
	{"fails to delete what is not there", []string{"delete/absent"}, func(f *faulty) {
		f.delete = func(ctx context.Context, key string) (bool, error) {
			existed, err := f.good.Delete(ctx, key)
			if err == nil && !existed {
				err = core.ErrNotFound
			}
			return existed, err
		}
	}},
	{"looks before it deletes", []string{"delete/parallel"}, func(f *faulty) {
		f.delete = func(ctx context.Context, key string) (bool, error) {
			_, missing := f.good.Load(ctx, key)
			pause()
			_, err := f.good.Delete(ctx, key)
			return missing == nil && err == nil, err
		}
	}},
	{"undoes a deletion by a late update", []string{"delete/final"}, func(f *faulty) {
		f.update = func(ctx context.Context, rec core.Record) (string, error) {
			if _, err := f.good.Load(ctx, rec.Key); err != nil {
				return "", err
			}
			pause()
			return f.upsert(ctx, rec)
		}
	}},
	{"undoes a deletion by a late touch", []string{"delete/final"}, func(f *faulty) {
		f.touch = func(ctx context.Context, rec core.Record) error {
			if _, err := f.good.Load(ctx, rec.Key); err != nil {
				return err
			}
			pause()
			_, err := f.upsert(ctx, rec)
			return err
		}
	}},
}

var brokenTouches = []broken{
	{"does not touch", []string{"touch/extends"}, func(f *faulty) {
		f.touch = func(ctx context.Context, rec core.Record) error {
			_, err := f.good.Load(ctx, rec.Key)
			return err
		}
	}},
	{"moves an expiry backwards", []string{"touch/backwards"}, func(f *faulty) {
		f.touch = func(ctx context.Context, rec core.Record) error {
			old, err := f.good.Load(ctx, rec.Key)
			if err != nil {
				return err
			}
			old.ExpireDate = rec.ExpireDate
			_, err = f.good.Update(ctx, old)
			return err
		}
	}},
	{"takes an earlier expiry for an error", []string{"touch/backwards"}, func(f *faulty) {
		f.touch = func(ctx context.Context, rec core.Record) error {
			if old, err := f.good.Load(ctx, rec.Key); err == nil && rec.ExpireDate.Before(old.ExpireDate) {
				return core.ErrConflict
			}
			return f.good.Touch(ctx, rec)
		}
	}},
	{"writes the items at a touch", []string{"touch/keeps-items", "touch/amid-updates"}, func(f *faulty) {
		f.touch = func(ctx context.Context, rec core.Record) error {
			_, err := f.good.Update(ctx, rec)
			return err
		}
	}},
	{"changes the version at a touch", []string{"touch/keeps-items"}, func(f *faulty) {
		f.touch = func(ctx context.Context, rec core.Record) error {
			old, err := f.good.Load(ctx, rec.Key)
			if err != nil {
				return err
			}
			old.ExpireDate = later(old.ExpireDate, rec.ExpireDate)
			_, err = f.good.Update(ctx, old)
			return err
		}
	}},
	{"reads and writes back at a touch", []string{"touch/amid-updates"}, func(f *faulty) {
		f.touch = func(ctx context.Context, rec core.Record) error {
			old, err := f.good.Load(ctx, rec.Key)
			if err != nil {
				return err
			}
			pause()
			old.ExpireDate, old.Version = later(old.ExpireDate, rec.ExpireDate), ""
			_, err = f.good.Update(ctx, old)
			return err
		}
	}},
	{"inserts at a touch", []string{"touch/absent", "delete/removes"}, func(f *faulty) {
		f.touch = func(ctx context.Context, rec core.Record) error {
			err := f.good.Touch(ctx, rec)
			if errors.Is(err, core.ErrNotFound) {
				_, err = f.good.Create(ctx, rec)
			}
			return err
		}
	}},
	{"says that it touched what is not there", []string{"touch/absent"}, func(f *faulty) {
		f.touch = func(ctx context.Context, rec core.Record) error {
			if err := f.good.Touch(ctx, rec); !errors.Is(err, core.ErrNotFound) {
				return err
			}
			return nil
		}
	}},
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
