package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// The stores of this file keep other items, times or keys than they were given.

var brokenLoads = []broken{
	{"decodes to maps and floats", []string{"load/numbers", "load/order"}, func(f *faulty) {
		f.rewriteText(func(text string) string {
			var m map[string]any
			if json.Unmarshal([]byte(text), &m) != nil {
				return `{}`
			}
			out, err := json.Marshal(m)
			if err != nil {
				return `{}`
			}
			return string(out)
		})
	}},
	{"turns 1.0 into 1", []string{"load/numbers"}, func(f *faulty) {
		f.rewriteText(func(text string) string { return strings.ReplaceAll(text, "1.0", "1") })
	}},
	{"replaces lone surrogates", []string{"load/unicode"}, func(f *faulty) {
		f.rewriteText(func(text string) string { return strings.ReplaceAll(text, `"\ud800"`, `"\ufffd"`) })
	}},
	{"drops null items", []string{"load/shapes"}, func(f *faulty) {
		f.rewriteText(func(text string) string { return strings.ReplaceAll(text, `"null":null,`, ``) })
	}},
	{"takes an empty session for none", []string{"load/empty"}, func(f *faulty) {
		f.load = func(ctx context.Context, key string) (core.Record, error) {
			rec, err := f.good.Load(ctx, key)
			if err == nil && rec.Values.Len() == 0 {
				return core.Record{}, core.ErrNotFound
			}
			return rec, err
		}
	}},
	{"cuts texts at 64 KiB", []string{"load/long"}, func(f *faulty) {
		f.rewriteText(func(text string) string { return text[:min(len(text), 65535)] })
	}},
	{"leaves the key out of the record", []string{"load/record"}, func(f *faulty) {
		f.rewriteRecord(func(rec *core.Record) { rec.Key = "" })
	}},
	{"returns local times", []string{"load/record"}, func(f *faulty) {
		f.rewriteRecord(func(rec *core.Record) { rec.ExpireDate = rec.ExpireDate.In(time.FixedZone("east", 3600)) })
	}},
	{"keeps seconds only", []string{"load/expiry"}, func(f *faulty) {
		f.rewriteRecord(func(rec *core.Record) { rec.ExpireDate = rec.ExpireDate.Truncate(time.Second) })
	}},
	{"loses the zone of times", []string{"load/expiry"}, func(f *faulty) {
		f.create = func(ctx context.Context, rec core.Record) (string, error) {
			_, offset := rec.ExpireDate.Zone()
			rec.ExpireDate = rec.ExpireDate.Add(time.Duration(offset) * time.Second)
			return f.good.Create(ctx, rec)
		}
	}},
	{"never shortens an expiry", []string{"load/expiry", "load/expired"}, func(f *faulty) {
		f.update = func(ctx context.Context, rec core.Record) (string, error) {
			if old, err := f.good.Load(ctx, rec.Key); err == nil && old.ExpireDate.After(rec.ExpireDate) {
				rec.ExpireDate = old.ExpireDate
			}
			return f.good.Update(ctx, rec)
		}
	}},
	{"returns what has expired", []string{"load/expired", "update/expired", "touch/absent", "rotate/absent"}, func(f *faulty) {
		f.keepExpired()
	}},
	{"compares with a clock of another zone", []string{"load/expired"}, func(f *faulty) {
		f.use(configured(must(memstore.New()), core.Settings{Now: func() time.Time { return time.Now().Add(-time.Hour) }}))
	}},
	{"extends the session at each read", []string{"load/only-reads"}, func(f *faulty) {
		f.load = func(ctx context.Context, key string) (core.Record, error) {
			rec, err := f.good.Load(ctx, key)
			if err == nil {
				rec.ExpireDate = rec.ExpireDate.Add(time.Hour)
				err = f.good.Touch(ctx, rec)
			}
			return rec, err
		}
	}},
	{"extends what has expired at a read", []string{"load/expired"}, func(f *faulty) {
		f.keepExpired()
		f.load = func(ctx context.Context, key string) (core.Record, error) {
			rec, err := f.good.Load(ctx, key)
			if err == nil && !rec.ExpireDate.After(time.Now()) {
				rec.ExpireDate = in(time.Hour)
				_ = f.good.Touch(ctx, rec)
				return core.Record{}, core.ErrNotFound
			}
			return rec, err
		}
	}},
	{"uses one buffer for all records", []string{"load/snapshot"}, func(f *faulty) {
		var mu sync.Mutex
		buffer := make([]byte, 1<<20)
		f.load = func(ctx context.Context, key string) (core.Record, error) {
			rec, err := f.good.Load(ctx, key)
			// Not in the cases with several readers: the race detector would find
			// the fault before they do.
			if err != nil || !rec.Values.Has("who") {
				return rec, err
			}
			mu.Lock()
			defer mu.Unlock()
			n := len(rec.Values.AppendJSON(buffer[:0]))
			rec.Values, err = core.ParseValues(unsafe.String(&buffer[0], n))
			return rec, err
		}
	}},
}

var brokenKeys = []broken{
	{"adopts unknown keys", []string{"keys/unknown", "keys/hand-made", "keys/look-alikes", "update/absent"}, func(f *faulty) {
		f.load = func(ctx context.Context, key string) (core.Record, error) {
			rec, err := f.good.Load(ctx, key)
			if !errors.Is(err, core.ErrNotFound) {
				return rec, err
			}
			rec = core.Record{Key: key, ExpireDate: in(time.Hour)}
			_, err = f.good.Create(ctx, rec)
			return rec, err
		}
	}},
	{"makes a record for an unknown key", []string{"keys/unknown", "keys/hand-made", "keys/look-alikes"}, func(f *faulty) {
		f.load = func(ctx context.Context, key string) (core.Record, error) {
			rec, err := f.good.Load(ctx, key)
			if errors.Is(err, core.ErrNotFound) {
				_, _ = f.good.Create(ctx, core.Record{Key: key, ExpireDate: in(time.Hour)})
			}
			return rec, err
		}
	}},
	{"refuses keys that are not UTF-8 with an error", []string{"keys/hand-made"}, func(f *faulty) {
		f.load = func(ctx context.Context, key string) (core.Record, error) {
			if strings.ToValidUTF8(key, "") != key {
				return core.Record{}, errors.New("invalid byte sequence for encoding UTF8")
			}
			return f.good.Load(ctx, key)
		}
	}},
	{"trims keys", []string{"keys/look-alikes", "update/hand-made", "delete/absent"}, func(f *faulty) {
		f.rewriteKeys(strings.TrimSpace)
	}},
	{"folds the case of keys", []string{"keys/look-alikes", "update/hand-made", "delete/absent"}, func(f *faulty) {
		f.rewriteKeys(strings.ToLower)
	}},
	{"ends keys at NUL", []string{"keys/look-alikes"}, func(f *faulty) {
		f.rewriteKeys(func(key string) string { key, _, _ = strings.Cut(key, "\x00"); return key })
	}},
	{"cuts keys to the width of the column", []string{"keys/look-alikes"}, func(f *faulty) {
		f.rewriteKeys(func(key string) string { return key[:min(len(key), 32)] })
	}},
	{"finds keys by wildcards", []string{"keys/hand-made", "keys/look-alikes"}, func(f *faulty) {
		var mu sync.Mutex
		var last string
		f.create = func(ctx context.Context, rec core.Record) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			last = rec.Key
			return f.good.Create(ctx, rec)
		}
		f.load = func(ctx context.Context, key string) (core.Record, error) {
			mu.Lock()
			defer mu.Unlock()
			if prefix, ok := strings.CutSuffix(key, "%"); ok && strings.HasPrefix(last, strings.Trim(prefix, "%")) {
				key = last
			}
			return f.good.Load(ctx, key)
		}
	}},
	{"does not know its own keys", []string{"keys/own"}, func(f *faulty) {
		f.valid = func(key string) bool { return len(key) == 40 }
	}},
	{"takes any key for valid", []string{"keys/own"}, func(f *faulty) {
		f.valid = func(string) bool { return true }
	}},
}

var brokenCreates = []broken{
	{"overwrites on create", []string{"create/taken", "create/parallel"}, func(f *faulty) {
		f.create = func(ctx context.Context, rec core.Record) (string, error) {
			key, err := f.good.Create(ctx, rec)
			if errors.Is(err, core.ErrExists) {
				return f.good.Update(ctx, rec)
			}
			return key, err
		}
	}},
	{"extends the record whose key is taken", []string{"create/taken"}, func(f *faulty) {
		f.create = func(ctx context.Context, rec core.Record) (string, error) {
			key, err := f.good.Create(ctx, rec)
			if errors.Is(err, core.ErrExists) {
				_ = f.good.Touch(ctx, rec)
			}
			return key, err
		}
	}},
	{"looks before it creates", []string{"create/parallel"}, func(f *faulty) {
		f.create = func(ctx context.Context, rec core.Record) (string, error) {
			if _, err := f.good.Load(ctx, rec.Key); err == nil {
				return "", core.ErrExists
			}
			pause()
			key, err := f.good.Create(ctx, rec)
			if errors.Is(err, core.ErrExists) {
				return f.good.Update(ctx, rec)
			}
			return key, err
		}
	}},
	{"says it created where an expired record is in the way", []string{"create/taken-expired"}, func(f *faulty) {
		f.keepExpired()
		f.heedExpiry()
		f.create = func(ctx context.Context, rec core.Record) (string, error) {
			_, err := f.good.Create(ctx, rec)
			if _, dead := f.load(ctx, rec.Key); errors.Is(err, core.ErrExists) && dead != nil {
				err = nil
			}
			return rec.Key, err
		}
	}},
	{"revives the expired record whose key is taken", []string{"create/taken-expired"}, func(f *faulty) {
		f.keepExpired()
		f.heedExpiry()
		f.create = func(ctx context.Context, rec core.Record) (string, error) {
			key, err := f.good.Create(ctx, rec)
			if _, dead := f.load(ctx, rec.Key); errors.Is(err, core.ErrExists) && dead != nil {
				_ = f.good.Touch(ctx, rec)
			}
			return key, err
		}
	}},
	{"answers a taken key with an error of its own", []string{"create/taken", "create/parallel"}, func(f *faulty) {
		f.create = func(ctx context.Context, rec core.Record) (string, error) {
			key, err := f.good.Create(ctx, rec)
			if err != nil {
				err = fmt.Errorf("UNIQUE constraint failed")
			}
			return key, err
		}
	}},
}
