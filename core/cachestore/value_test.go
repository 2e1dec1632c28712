package cachestore

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

func parse(t *testing.T, json string) core.Values {
	t.Helper()
	v, err := core.ParseValues(json)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestValueComesBackToTheLetter(t *testing.T) {
	t.Parallel()
	expires := time.Date(2030, 1, 2, 3, 4, 5, 123456000, time.UTC)
	tests := []struct {
		why, json string
		exact     bool // the tail holds the JSON
	}{
		{"empty", `{}`, false},
		{"as Python writes it", `{"a":1,"b":1.0,"c":[null,true],"d":"\u00e9"}`, false},
		{"odd numbers", `{"a":-0,"b":1e400,"c":1.50}`, true},
		{"odd escapes", `{"a":"\/","b":"\u0041"}`, true},
		{"the tail's own words", `{"a":" djinn1 x 5 {}","b":-0}`, true},
		{"white space inside", `{"a":[1, 2]}`, true},
	}
	for _, tt := range tests {
		value, err := encodeValue(parse(t, tt.json), expires, 1000)
		if err != nil {
			t.Errorf("%s: %v", tt.why, err)
			continue
		}
		c, err := decodeValue(value, 1000)
		if got := string(c.values.AppendJSON(nil)); err != nil || got != tt.json || !c.expires.Equal(expires) {
			t.Errorf("%s: got %s, %s, %v, want %s, %s", tt.why, got, c.expires, err, tt.json, expires)
		}
		if got := strings.HasSuffix(value, tt.json); got != tt.exact {
			t.Errorf("%s: the value ends with the JSON: got %t, want %t", tt.why, got, tt.exact)
		}
		again, err := encodeValue(parse(t, tt.json), expires, 1000)
		if err != nil || again == value {
			t.Errorf("%s: the same session twice gives the same value, %v, want another", tt.why, err)
		}
	}
}

func TestValueRoundsExpiryUp(t *testing.T) {
	t.Parallel()
	value, err := encodeValue(core.Values{}, time.Unix(100, 1), 1000)
	if err != nil {
		t.Fatal(err)
	}
	c, err := decodeValue(value, 1000)
	if want := time.UnixMicro(100_000_001); err != nil || !c.expires.Equal(want) {
		t.Errorf("got %s, %v, want %s", c.expires, err, want.UTC())
	}
}

func TestValuesOfDjango(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../testdata/vectors_extra.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cache []struct {
			CacheKey    string          `json:"cache_key_cache_backend"`
			CachedDBKey string          `json:"cache_key_cached_db_backend"`
			Data        json.RawMessage `json:"data"`
			Value       []byte          `json:"redis_value_b64"`
		}
	}
	if err := json.Unmarshal(b, &file); err != nil || len(file.Cache) == 0 {
		t.Fatalf("%d vectors, %v", len(file.Cache), err)
	}
	opts := options{version: 1}
	for i, v := range file.Cache {
		key := v.CacheKey[len(v.CacheKey)-32:]
		if got := opts.prefix(cachePrefix) + key; got != v.CacheKey {
			t.Errorf("vector %d: the key of cache is %s, want %s", i, got, v.CacheKey)
		}
		if got := opts.prefix(cachedDBPrefix) + key; got != v.CachedDBKey {
			t.Errorf("vector %d: the key of cached_db is %s, want %s", i, got, v.CachedDBKey)
		}
		c, err := decodeValue(string(v.Value), 1<<20)
		if err != nil || c.marker || !c.expires.IsZero() {
			t.Errorf("vector %d: marker %t, expires %s, %v", i, c.marker, c.expires, err)
		}
		want := map[string]any{}
		if err := json.Unmarshal(v.Data, &want); err != nil {
			t.Fatal(err)
		}
		if c.values.Len() != len(want) {
			t.Errorf("vector %d: got %d items, want %d", i, c.values.Len(), len(want))
		}
	}
}

func TestValueRefuses(t *testing.T) {
	t.Parallel()
	good, err := encodeValue(parse(t, `{"a":-0}`), time.Time{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for why, value := range map[string]string{
		"nothing":              "",
		"a number of Django's": "7",
		"a list":               "\x80\x04].",
		"a string":             "\x80\x04\x8c\x01a.",
		"an object":            "\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
		"a tail without end":   "\x80\x04}. djinn1 x",
		"a tail cut off":       good[:len(good)-1],
		"a tail of no object":  "\x80\x04}. djinn1 x 0 []",
		"too large":            "\x80\x04}\x8c\x01aX\x00\x10\x00\x00" + strings.Repeat("x", 4096) + "s.",
		"a tail too large":     "\x80\x04}. djinn1 x 0 {\"a\":\"" + strings.Repeat("x", 4096) + "\"}",
	} {
		if c, err := decodeValue(value, 1000); !errors.Is(err, core.ErrUndecodable) || strings.Contains(err.Error(), "xxx") {
			t.Errorf("%s: got %v, %v, want ErrUndecodable", why, c.values, err)
		}
	}
}

func TestValueBlamesTheItem(t *testing.T) {
	t.Parallel()
	var encode *core.EncodeError
	_, err := encodeValue(parse(t, `{"a":1,"big":`+strings.Repeat("9", 5000)+`}`), time.Time{}, 1<<20)
	if !errors.As(err, &encode) || encode.Item != "big" {
		t.Errorf("an integer of 5000 digits: got %v, want a core.EncodeError that names the item", err)
	}
	if _, err := encodeValue(parse(t, `{"a":"xxx"}`), time.Time{}, 5); !errors.Is(err, core.ErrTooLarge) {
		t.Errorf("larger than MaxSize: got %v, want ErrTooLarge", err)
	}
}

func FuzzDecodeValue(f *testing.F) {
	f.Add(nonePickle + " djinn1 x 0")
	f.Add("\x80\x04}\x8c\x01aK\x01s. djinn1 x 5 {\"a\":-0}")
	f.Fuzz(func(t *testing.T, value string) {
		c, err := decodeValue(value, 1<<12)
		if err != nil || c.marker {
			return
		}
		again, err := encodeValue(c.values, c.expires, 1<<16)
		if err != nil {
			return // an integer of too many digits in the tail
		}
		back, err := decodeValue(again, 1<<16)
		if err != nil || string(back.values.AppendJSON(nil)) != string(c.values.AppendJSON(nil)) {
			t.Fatalf("a value of %d items does not come back: %v", c.values.Len(), err)
		}
	})
}
