package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// The stores of this file move keys, clear, heed contexts and keep secrets as
// they should not.

var brokenRotations = []broken{
	{"leaves the old key", []string{"rotate/moves"}, func(f *faulty) {
		f.rotate = func(ctx context.Context, oldKey string, rec core.Record) (string, error) {
			if _, err := f.good.Load(ctx, oldKey); err != nil {
				return "", err
			}
			return f.good.Create(ctx, rec)
		}
	}},
	{"keeps the old items", []string{"rotate/moves"}, func(f *faulty) {
		f.rotate = func(ctx context.Context, oldKey string, rec core.Record) (string, error) {
			if old, err := f.good.Load(ctx, oldKey); err == nil {
				rec.Values = old.Values
			}
			return f.good.Rotate(ctx, oldKey, rec)
		}
	}},
	{"rotates whatever the version", []string{"rotate/conflict"}, func(f *faulty) {
		f.rotate = func(ctx context.Context, oldKey string, rec core.Record) (string, error) {
			rec.Version = ""
			return f.good.Rotate(ctx, oldKey, rec)
		}
	}},
	{"overwrites the new key", []string{"rotate/taken"}, func(f *faulty) {
		f.rotate = func(ctx context.Context, oldKey string, rec core.Record) (string, error) {
			key, err := f.good.Rotate(ctx, oldKey, rec)
			if errors.Is(err, core.ErrExists) {
				_, _ = f.good.Delete(ctx, oldKey)
				rec.Version = ""
				return f.good.Update(ctx, rec)
			}
			return key, err
		}
	}},
	{"loses the record when the new key is taken", []string{"rotate/taken"}, func(f *faulty) {
		f.rotate = func(ctx context.Context, oldKey string, rec core.Record) (string, error) {
			key, err := f.good.Rotate(ctx, oldKey, rec)
			if errors.Is(err, core.ErrExists) {
				_, _ = f.good.Delete(ctx, oldKey)
			}
			return key, err
		}
	}},
	{"rotates what is not there", []string{"rotate/absent", "rotate/parallel", "rotate/or-delete"}, func(f *faulty) {
		f.rotate = func(ctx context.Context, oldKey string, rec core.Record) (string, error) {
			key, err := f.good.Rotate(ctx, oldKey, rec)
			if errors.Is(err, core.ErrNotFound) {
				return f.good.Create(ctx, rec)
			}
			return key, err
		}
	}},
	{"creates, then deletes", []string{"rotate/atomic", "rotate/parallel"}, func(f *faulty) {
		f.rotate = func(ctx context.Context, oldKey string, rec core.Record) (string, error) {
			if _, err := f.good.Load(ctx, oldKey); err != nil {
				return "", err
			}
			key, err := f.good.Create(ctx, rec)
			if err != nil {
				return "", err
			}
			pause()
			_, err = f.good.Delete(ctx, oldKey)
			return key, err
		}
	}},
	{"deletes, then creates", []string{"rotate/atomic"}, func(f *faulty) {
		f.rotate = func(ctx context.Context, oldKey string, rec core.Record) (string, error) {
			existed, err := f.good.Delete(ctx, oldKey)
			if err != nil || !existed {
				return "", errors.Join(err, core.ErrNotFound)
			}
			pause()
			return f.good.Create(ctx, rec)
		}
	}},
	{"deletes beside a rotation what is gone", []string{"rotate/or-delete"}, func(f *faulty) {
		f.delete = func(ctx context.Context, key string) (bool, error) {
			_, missing := f.good.Load(ctx, key)
			pause()
			_, err := f.good.Delete(ctx, key)
			return missing == nil && err == nil, err
		}
	}},
}

// Stores that say that they cannot touch or rotate, and do so all the same.
var brokenRefusals = []broken{
	{"touches and says that it cannot", []string{"unsupported/touch"}, func(f *faulty) {
		f.touch = func(ctx context.Context, rec core.Record) error {
			return errors.Join(f.good.Touch(ctx, rec), errors.ErrUnsupported)
		}
	}},
	{"can touch no unknown record only", []string{"unsupported/touch"}, func(f *faulty) {
		f.touch = func(ctx context.Context, rec core.Record) error {
			if err := f.good.Touch(ctx, rec); !errors.Is(err, core.ErrNotFound) {
				return err
			}
			return errors.ErrUnsupported
		}
	}},
	{"creates the new record and says that it cannot rotate", []string{"unsupported/rotate"}, func(f *faulty) {
		f.rotate = func(ctx context.Context, _ string, rec core.Record) (string, error) {
			_, err := f.good.Create(ctx, rec)
			return "", errors.Join(err, errors.ErrUnsupported)
		}
	}},
	{"deletes the old record and says that it cannot rotate", []string{"unsupported/rotate"}, func(f *faulty) {
		f.rotate = func(ctx context.Context, oldKey string, _ core.Record) (string, error) {
			_, err := f.good.Delete(ctx, oldKey)
			return "", errors.Join(err, errors.ErrUnsupported)
		}
	}},
	{"can rotate no unknown record only", []string{"unsupported/rotate"}, func(f *faulty) {
		f.rotate = func(ctx context.Context, oldKey string, rec core.Record) (string, error) {
			key, err := f.good.Rotate(ctx, oldKey, rec)
			if errors.Is(err, core.ErrNotFound) {
				err = errors.ErrUnsupported
			}
			return key, err
		}
	}},
}

var brokenClearings = []broken{
	{"clears the living", []string{"clear/expired-only", "clear/parallel"}, func(f *faulty) {
		var mu sync.Mutex
		var keys []string
		f.create = func(ctx context.Context, rec core.Record) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			keys = append(keys, rec.Key)
			return f.good.Create(ctx, rec)
		}
		f.clear = func(ctx context.Context, opts core.ClearOptions) (int64, error) {
			mu.Lock()
			defer mu.Unlock()
			for _, key := range keys {
				_, _ = f.good.Delete(ctx, key)
			}
			return int64(len(keys)), nil
		}
	}},
	{"expires early, by a clock of another zone", []string{"clear/expired-only", "load/expiry"}, func(f *faulty) {
		f.use(configured(must(memstore.New()), core.Settings{Now: func() time.Time { return time.Now().Add(time.Hour) }}))
	}},
	{"does not clear", []string{"clear/expired-only", "clear/paced", "clear/parallel"}, func(f *faulty) {
		f.clear = func(context.Context, core.ClearOptions) (int64, error) { return 0, nil }
	}},
	{"counts what it did not clear", []string{"clear/expired-only"}, func(f *faulty) {
		f.clear = func(ctx context.Context, opts core.ClearOptions) (int64, error) {
			n, err := f.good.ClearExpired(ctx, opts)
			return n + 1, err
		}
	}},
	{"clears without a limit", []string{"clear/paced"}, func(f *faulty) {
		f.clear = func(ctx context.Context, opts core.ClearOptions) (int64, error) {
			opts.Limit = 0
			return f.good.ClearExpired(ctx, opts)
		}
	}},
	{"clears in one step", []string{"clear/paced"}, func(f *faulty) {
		f.clear = func(ctx context.Context, opts core.ClearOptions) (int64, error) {
			opts.Batch = 0
			return f.good.ClearExpired(ctx, opts)
		}
	}},
	{"tells nobody of its progress", []string{"clear/paced"}, func(f *faulty) {
		f.clear = func(ctx context.Context, opts core.ClearOptions) (int64, error) {
			opts.Progress = nil
			opts.Pause = 0
			return f.good.ClearExpired(ctx, opts)
		}
	}},
	{"counts twice what two clear", []string{"clear/parallel"}, func(f *faulty) {
		var mu sync.Mutex
		running, total := 0, int64(0)
		f.clear = func(ctx context.Context, opts core.ClearOptions) (int64, error) {
			mu.Lock()
			running++
			mu.Unlock()
			for range 20 { // the other one comes while this one reads
				pause()
			}
			n, err := f.good.ClearExpired(ctx, opts)
			mu.Lock()
			defer mu.Unlock()
			total += n
			n = total
			if running--; running == 0 {
				total = 0
			}
			return n, err
		}
	}},
	{"cannot clear twice at once", []string{"clear/parallel"}, func(f *faulty) {
		var mu sync.Mutex
		f.clear = func(ctx context.Context, opts core.ClearOptions) (int64, error) {
			if !mu.TryLock() {
				return 0, errors.New("deadlock found when trying to get lock")
			}
			defer mu.Unlock()
			for range 20 {
				pause()
			}
			return f.good.ClearExpired(ctx, opts)
		}
	}},
	{"sleeps through the end of its context", []string{"clear/stopped"}, func(f *faulty) {
		f.clear = func(ctx context.Context, opts core.ClearOptions) (int64, error) {
			sleep := opts.Pause
			opts.Pause = 0
			n, err := f.good.ClearExpired(ctx, opts)
			time.Sleep(sleep)
			return n, err
		}
	}},
	{"clears on after its context", []string{"clear/stopped"}, func(f *faulty) {
		f.clear = func(ctx context.Context, opts core.ClearOptions) (int64, error) {
			opts.Pause = 0
			return f.good.ClearExpired(context.WithoutCancel(ctx), opts)
		}
	}},
}

var brokenManners = []broken{
	{"takes a cancelled load for an absent record", []string{"context/ended"}, func(f *faulty) {
		f.rewriteErrors(func(err error, _ string) error {
			if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
				return core.ErrNotFound
			}
			return err
		})
	}},
	{"has no contexts", []string{"context/ended", "context/writes-nothing"}, func(f *faulty) {
		f.load = func(_ context.Context, key string) (core.Record, error) {
			return f.good.Load(context.Background(), key)
		}
		f.update = func(_ context.Context, rec core.Record) (string, error) {
			return f.good.Update(context.Background(), rec)
		}
	}},
	{"looks at the context after writing", []string{"context/writes-nothing"}, func(f *faulty) {
		f.delete = func(ctx context.Context, key string) (bool, error) {
			existed, err := f.good.Delete(context.WithoutCancel(ctx), key)
			return existed, errors.Join(err, ctx.Err())
		}
	}},
	{"pings without a deadline", []string{"context/ping"}, func(f *faulty) {
		f.ping = func(context.Context) error { return nil }
	}},
	{"names keys in its errors", []string{"secrecy/errors"}, func(f *faulty) {
		f.rewriteErrors(func(err error, key string) error {
			if err == nil {
				return nil
			}
			return fmt.Errorf("session %s: %w", key, err)
		})
	}},
	{"names keys in an error that it wraps", []string{"secrecy/errors"}, func(f *faulty) {
		f.rewriteErrors(func(err error, key string) error {
			if err == nil {
				return nil
			}
			return &quietError{fmt.Errorf("duplicate entry '%s': %w", key, err)}
		})
	}},
	{"names the payload in its errors", []string{"secrecy/errors"}, func(f *faulty) {
		f.update = func(ctx context.Context, rec core.Record) (string, error) {
			key, err := f.good.Update(ctx, rec)
			if err != nil {
				err = fmt.Errorf("UPDATE session SET data = %s: %w", rec.Values.AppendJSON(nil), err)
			}
			return key, err
		}
	}},
	{"shows its keys when printed", []string{"secrecy/print"}, func(f *faulty) {
		var mu sync.Mutex
		f.seen = map[string]bool{}
		f.create = func(ctx context.Context, rec core.Record) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			f.seen[rec.Key] = true
			return f.good.Create(ctx, rec)
		}
	}},
}

// quietError says nothing itself.
type quietError struct{ err error }

func (*quietError) Error() string   { return "the store failed" }
func (e *quietError) Unwrap() error { return e.err }
