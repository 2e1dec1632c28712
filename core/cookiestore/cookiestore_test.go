package cookiestore_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cookiestore"
	"github.com/djinn-go/djinn/core/storetest"
)

func open(t testing.TB, opts ...cookiestore.Option) *cookiestore.Store {
	t.Helper()
	s, err := cookiestore.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const cipherKey core.Secret = "0123456789abcdef0123456789abcdef"

func TestLaws(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]cookiestore.Option{
		"signed":    nil,
		"encrypted": {cookiestore.WithEncryption(cipherKey)},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t testing.TB) core.Store { return open(t, opts...) },
				storetest.KeyIsData(), storetest.MaxSize(1000),
				storetest.Waive(4, "a cookie cannot be revoked: the browser, or a thief, has it"),
				storetest.Waive(5, "a cookie cannot be compared with the one of another request"))
		})
	}
}

// vector is a cookie that Django made.
type vector struct {
	ID, Name, Salt, JSON, Encoded string
	Key                           string `json:"secret_key"`
	Timestamp, Now                int64
	MaxAge                        int64 `json:"max_age"`
	Valid                         bool
	ByteExact                     bool `json:"byte_exact"`
}

func TestGoldenVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		SignedCookies []vector `json:"signed_cookies"`
	}
	if err := json.Unmarshal(raw, &file); err != nil || len(file.SignedCookies) != 7 {
		t.Fatalf("%d vectors, %v; want 7", len(file.SignedCookies), err)
	}
	for _, v := range file.SignedCookies {
		t.Run(v.ID+" "+v.Name, func(t *testing.T) {
			t.Parallel()
			now := time.Unix(v.Now, 0)
			age := time.Duration(v.MaxAge) * time.Second
			s := open(t)
			if s.Salt() != v.Salt {
				t.Errorf("Salt: got %s, want %s", s.Salt(), v.Salt)
			}
			at := time.Unix(v.Timestamp, 0)
			m, err := core.New(s, core.Config{SecretKey: core.Secret(v.Key), CookieAge: age, Now: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			codec, err := core.DjangoCodec{SecretKey: core.Secret(v.Key), Salt: s.Salt(), DeflateFrom: s.DeflateFrom(), Now: func() time.Time { return at }}.New()
			if err != nil {
				t.Fatal(err)
			}
			if alive, err := m.Exists(t.Context(), v.Encoded); alive != v.Valid || err != nil {
				t.Errorf("Exists: got %t, %v; want %t", alive, err, v.Valid)
			}
			rec, err := s.Load(t.Context(), v.Encoded)
			if !v.Valid {
				if !errors.Is(err, core.ErrNotFound) {
					t.Errorf("Load: got %v, want ErrNotFound", err)
				}
				return
			}
			values, derr := rec.Decode(codec)
			if got := string(values.AppendJSON(nil)); err != nil || derr != nil || got != v.JSON {
				t.Errorf("Load: got %s, %v, %v; want %s", got, err, derr, v.JSON)
			}
			key, err := s.Create(t.Context(), core.Record{Values: values}.WithCodec(codec))
			if err != nil || v.ByteExact && key != v.Encoded || len(key) > len(v.Encoded)+8 {
				t.Errorf("Create: got %d bytes, %v; want Django's %d", len(key), err, len(v.Encoded))
			}
		})
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	sig := strings.Repeat("s", 43)
	s, sealed := open(t), open(t, cookiestore.WithEncryption(cipherKey))
	for key, want := range map[string]bool{
		"e30:1r31gS:" + sig:                true,
		".eJyr:1r31gS:" + sig:              true,
		"":                                 false,
		"2b1189a188b44ad18c35e113ac6ceead": false,
		":1r31gS:" + sig:                   false,
		"e30::" + sig:                      false,
		"e30:1r31gS:" + sig[1:]:            false,
		"e30:1r31gS:" + sig + "s":          false,
		"e30:1r31gS:x:" + sig:              false,
		"e30:1r3 gS:" + sig:                false,
		"e 0:1r31gS:" + sig:                false,
		"..0:1r31gS:" + sig:                false,
		"e\x000:1r31gS:" + sig:             false,
		strings.Repeat("e", 4040) + ":1r31gS:" + sig:    true,
		strings.Repeat("e", 4096-50) + ":1r31gS:" + sig: false,
		"djinn1.abc": false,
	} {
		if got := s.ValidSessionKey(key); got != want {
			t.Errorf("ValidSessionKey of %d bytes %.20q: got %t, want %t", len(key), key, got, want)
		}
		if got := sealed.ValidSessionKey(key); got != strings.HasPrefix(key, "djinn1.") {
			t.Errorf("encrypted, ValidSessionKey of %.20q: got %t", key, got)
		}
	}
}

func record(t testing.TB, json string) (core.Record, core.Codec) {
	t.Helper()
	codec, err := core.DjangoCodec{SecretKey: "secret", DeflateFrom: 1}.New()
	if err != nil {
		t.Fatal(err)
	}
	v, err := core.ParseValues(json)
	if err != nil {
		t.Fatal(err)
	}
	return core.Record{Values: v}.WithCodec(codec), codec
}

func TestEncryption(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	const other core.Secret = "another key of thirty-two letters"
	rec, codec := record(t, `{"card":"1234"}`)
	s := open(t, cookiestore.WithEncryption(cipherKey))
	key, err := s.Create(ctx, rec)
	if err != nil {
		t.Fatal(err)
	}
	text, err := rec.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(key, text[:12]) || !strings.HasPrefix(key, "djinn1.") {
		t.Error("the cookie shows what is in it")
	}
	if again, err := s.Create(ctx, rec); again == key || err != nil {
		t.Errorf("two cookies of one session are equal, or %v", err)
	}
	flipped := []byte(key)
	flipped[20] = 'A' // still the alphabet of a cookie, so that it gets as far as the cipher
	if key[20] == 'A' {
		flipped[20] = 'B'
	}
	for name, c := range map[string]struct {
		s    *cookiestore.Store
		key  string
		want error
	}{
		"own key":           {s, key, nil},
		"fallback":          {open(t, cookiestore.WithEncryption(other, cipherKey)), key, nil},
		"another key":       {open(t, cookiestore.WithEncryption(other)), key, core.ErrUndecodable},
		"a changed byte":    {s, string(flipped), core.ErrUndecodable},
		"cut off":           {s, key[:len(key)-4], core.ErrUndecodable},
		"no room for nonce": {s, "djinn1.abc", core.ErrUndecodable},
	} {
		got, err := c.s.Load(ctx, c.key)
		if err != nil {
			t.Errorf("%s: Load: got %v, want a record", name, err)
			continue
		}
		if _, err := got.Decode(codec); !errors.Is(err, c.want) {
			t.Errorf("%s: Decode: got %v, want %v", name, err, c.want)
		}
	}
	if got := fmt.Sprintf("%+v", s); got != "cookiestore.Store(encrypted)" {
		t.Errorf("the store prints %s", got)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for want, opt := range map[string]cookiestore.Option{
		"secret 0 has 0": cookiestore.WithEncryption(""),
		"openssl":        cookiestore.WithEncryption("short"),
		"secret 1":       cookiestore.WithEncryption(cipherKey, ""),
	} {
		if _, err := cookiestore.New(opt); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "short\"") {
			t.Errorf("New: got %v, want an error with %q", err, want)
		}
	}
}

// noise is text that does not deflate.
func noise(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('!' + r.IntN(90))
	}
	return strings.NewReplacer(`"`, "x", `\`, "y").Replace(string(b))
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	rec, _ := record(t, `{"a":"`+noise(4000)+`"}`)
	for _, s := range []*cookiestore.Store{open(t), open(t, cookiestore.WithEncryption(cipherKey))} {
		if _, err := s.Create(t.Context(), rec); !errors.Is(err, core.ErrTooLarge) || core.StatusCode(err) != 500 {
			t.Errorf("%v: Create: got %v, want ErrTooLarge, 500", s, err)
		}
	}
	rec, _ = record(t, `{"a":"`+strings.Repeat("x", 10_000)+`"}`)
	if key, err := open(t).Create(t.Context(), rec); err != nil || len(key) > 200 {
		t.Errorf("10,000 equal letters: got %d bytes, %v; want them deflated", len(key), err)
	}
}

// The last letter of base64 may have bits that mean nothing. A key that differs in
// them alone is another key, and nobody issued it.
func TestSealedKeyHasOneSpelling(t *testing.T) {
	t.Parallel()
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	s := open(t, cookiestore.WithEncryption(cipherKey))
	for _, items := range []string{`{"a":1}`, `{"a":10}`, `{"a":100}`} { // all lengths modulo 3
		rec, codec := record(t, items)
		key, err := s.Create(t.Context(), rec)
		if err != nil {
			t.Fatal(err)
		}
		accepted := 0
		for _, letter := range letters {
			rec, err := s.Load(t.Context(), key[:len(key)-1]+string(letter))
			if err == nil {
				_, err = rec.Decode(codec)
			}
			if err == nil {
				accepted++
			}
		}
		if accepted != 1 {
			t.Errorf("%s: %d spellings of one key are accepted, want 1", items, accepted)
		}
	}
}
