package core_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/signing"
)

// vector is one text that Django made, with all that is needed to make it again.
type vector struct {
	ID, Name     string
	SecretKey    string   `json:"secret_key"`
	SecretKeyHex string   `json:"secret_key_hex"` // the same as bytes
	Fallbacks    []string `json:"secret_key_fallbacks"`
	Salt         string
	Timestamp    int64
	JSON         string
	Encoded      string
	ByteExact    bool `json:"byte_exact"`
	Valid        bool

	// of the tampered ones
	SignatureOK bool `json:"signature_ok"`
	Expect      json.RawMessage

	// of the signed cookies
	Now    int64
	MaxAge int64 `json:"max_age"`
}

type vectorFile struct {
	Session, Tampered, Fallback, Legacy []vector
	SignedCookies                       []vector `json:"signed_cookies"`
	Base62                              []struct {
		N int64
		S string
	}
}

// readVectors reads the golden vectors, which Django wrote.
func readVectors(t *testing.T, name string) vectorFile {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var f vectorFile
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return f
}

// each runs f for every vector, of which there must be want.
func each(t *testing.T, vectors []vector, want int, f func(t *testing.T, v vector)) {
	t.Helper()
	if len(vectors) != want {
		t.Errorf("%d vectors, want %d", len(vectors), want)
	}
	for _, v := range vectors {
		t.Run(v.ID+" "+v.Name, func(t *testing.T) {
			t.Parallel()
			f(t, v)
		})
	}
}

func (v vector) key(t *testing.T) core.Secret {
	t.Helper()
	if v.SecretKeyHex == "" {
		return core.Secret(v.SecretKey)
	}
	raw, err := hex.DecodeString(v.SecretKeyHex)
	if err != nil {
		t.Fatal(err)
	}
	return core.Secret(raw)
}

func (v vector) codec(t *testing.T) core.Codec {
	t.Helper()
	now := time.Unix(v.Timestamp, 0)
	if v.Timestamp > 0 {
		now = now.Add(time.Second - 1) // the fraction is cut
	}
	c := core.DjangoCodec{SecretKey: v.key(t), Salt: v.Salt, Now: func() time.Time { return now }}
	for _, f := range v.Fallbacks {
		c.Fallbacks = append(c.Fallbacks, core.Secret(f))
	}
	codec, err := c.New()
	if err != nil {
		t.Fatal(err)
	}
	return codec
}

// decodes checks that the vector's text gives its JSON to the letter, in both
// directions: what we write of it, we and Django read as the same.
func (v vector) decodes(t *testing.T) {
	t.Helper()
	codec := v.codec(t)
	values, err := codec.Decode(v.Encoded)
	if err != nil {
		t.Fatalf("Decode: %v", err)
	}
	if got := string(values.AppendJSON(nil)); got != v.JSON {
		t.Errorf("Decode gives\n %s, want\n %s", got, v.JSON)
	}
	text, err := codec.Encode(values)
	if err != nil {
		t.Fatalf("Encode: %v", err)
	}
	if v.ByteExact && text != v.Encoded {
		t.Errorf("Encode =\n %s, want\n %s", text, v.Encoded)
	}
	again, err := codec.Decode(text)
	if err != nil {
		t.Fatalf("Decode of what Encode wrote: %v", err)
	}
	if got := string(again.AppendJSON(nil)); got != v.JSON {
		t.Errorf("written and read again:\n %s, want\n %s", got, v.JSON)
	}
}

func TestVectorsSession(t *testing.T) {
	t.Parallel()
	each(t, readVectors(t, "vectors.json").Session, 39, func(t *testing.T, v vector) { v.decodes(t) })
}

func TestVectorsFallback(t *testing.T) {
	t.Parallel()
	each(t, readVectors(t, "vectors.json").Fallback, 3, func(t *testing.T, v vector) {
		if v.Valid {
			v.decodes(t)
		} else {
			v.undecodable(t, signing.ErrBadSignature)
		}
	})
}

// undecodable checks the error of a text that Django reads as an empty session.
func (v vector) undecodable(t *testing.T, want error) {
	t.Helper()
	values, err := v.codec(t).Decode(v.Encoded)
	if !errors.Is(err, core.ErrUndecodable) || values.Len() != 0 {
		t.Fatalf("Decode = %d items, %v, want ErrUndecodable", values.Len(), err)
	}
	if want != nil && !errors.Is(err, want) {
		t.Errorf("Decode: error %v, want %v", err, want)
	}
}

func TestVectorsTampered(t *testing.T) {
	t.Parallel()
	each(t, readVectors(t, "vectors.json").Tampered, 10, func(t *testing.T, v vector) {
		if string(v.Expect) != "{}" {
			t.Fatalf("Django gives %s, want {}", v.Expect)
		}
		if v.SignatureOK {
			v.undecodable(t, nil)
			if _, err := v.codec(t).Decode(v.Encoded); errors.Is(err, signing.ErrBadSignature) {
				t.Errorf("Decode: error %v, but the signature is good", err)
			}
		} else {
			v.undecodable(t, signing.ErrBadSignature)
		}
	})
}

// The formats before Django 4.0 are an empty session to Django 4.0 and later.
func TestVectorsLegacy(t *testing.T) {
	t.Parallel()
	each(t, readVectors(t, "vectors.json").Legacy, 2, func(t *testing.T, v vector) { v.undecodable(t, signing.ErrBadSignature) })
}

// The cookies of Django's signed_cookies back end have another salt and an age.
func TestVectorsSignedCookies(t *testing.T) {
	t.Parallel()
	each(t, readVectors(t, "vectors.json").SignedCookies, 7, func(t *testing.T, v vector) {
		v.decodes(t)
		_, sig, err := signing.New(string(v.key(t)), v.Salt).Load(v.Encoded, 1<<20)
		if err != nil || sig.SignedAt.Unix() != v.Timestamp {
			t.Fatalf("Load: signed at %v, %v, want %d", sig.SignedAt, err, v.Timestamp)
		}
		age := time.Unix(v.Now, 0).Sub(sig.SignedAt)
		if valid := age <= time.Duration(v.MaxAge)*time.Second; valid != v.Valid {
			t.Errorf("%v old with at most %d s allowed: valid = %t, want %t", age, v.MaxAge, valid, v.Valid)
		}
	})
}

func TestVectorsBase62(t *testing.T) {
	t.Parallel()
	vectors := readVectors(t, "vectors_extra.json").Base62
	if len(vectors) != 22 {
		t.Errorf("%d vectors, want 22", len(vectors))
	}
	for _, v := range vectors {
		if got := string(signing.AppendBase62(nil, v.N)); got != v.S {
			t.Errorf("AppendBase62(%d) = %s, want %s", v.N, got, v.S)
		}
		if got, err := signing.ParseBase62(v.S); err != nil || got != v.N {
			t.Errorf("ParseBase62(%s) = %d, %v, want %d", v.S, got, err, v.N)
		}
	}
}
