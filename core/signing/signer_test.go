package signing

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testKey  = "django-insecure-hunter2"
	testSalt = "django.contrib.sessions.SessionStore"
)

var testTime = time.Unix(1700000000, 0).UTC()

func TestDumpLoad(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 3000)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	s := New(testKey, testSalt)
	tests := []struct {
		why      string
		payload  string
		deflate  bool
		deflated bool // in the text
	}{
		{"empty", "", false, false},
		{"empty, deflate", "", true, false},
		{"short", `{"a":1}`, true, false},
		{"long", strings.Repeat(`{"a":1}`, 1000), false, false},
		{"long, deflate", strings.Repeat(`{"a":1}`, 1000), true, true},
		{"incompressible, deflate", string(noise), true, false},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			t.Parallel()
			text := s.Dump([]byte(tt.payload), testTime, tt.deflate)
			if got := strings.HasPrefix(text, "."); got != tt.deflated {
				t.Errorf("Dump = %.20q…, deflated = %t, want %t", text, got, tt.deflated)
			}
			payload, sig, err := s.Load(text, len(tt.payload))
			if err != nil || string(payload) != tt.payload || sig.Fallback != 0 || !sig.SignedAt.Equal(testTime) {
				t.Errorf("Load(Dump) = %d bytes, %+v, %v, want %d bytes signed at %v", len(payload), sig, err, len(tt.payload), testTime)
			}
			if len(tt.payload) > 0 {
				if _, _, err := s.Load(text, len(tt.payload)-1); !errors.Is(err, ErrTooLarge) {
					t.Errorf("Load with a byte less: error %v, want ErrTooLarge", err)
				}
			}
		})
	}
}

// Deflated is what gets shorter by more than one byte, as in Django.
func TestDumpDeflatesWhenItPays(t *testing.T) {
	t.Parallel()
	s := New(testKey, testSalt)
	border := false
	for n := range 100 {
		payload := []byte(strings.Repeat("x", n))
		var compressed bytes.Buffer
		w := zlib.NewWriter(&compressed)
		w.Write(payload)
		w.Close()
		border = border || compressed.Len() == n-1
		text := s.Dump(payload, testTime, true)
		if got, want := text[0] == '.', compressed.Len() < n-1; got != want {
			t.Errorf("%d bytes that deflate to %d: deflated = %t, want %t", n, compressed.Len(), got, want)
		}
	}
	if !border {
		t.Error("no payload gets shorter by exactly one byte: the test proves nothing")
	}
}

func TestDumpTruncatesTowards1970(t *testing.T) {
	t.Parallel()
	s := New(testKey, testSalt)
	for _, tt := range []struct {
		at   time.Time
		want int64
	}{
		{time.Unix(5, 999999999), 5},
		{time.Unix(-5, 0), -5},
		{time.Unix(-5, 1), -4},
		{time.Unix(-1, 1), 0},
	} {
		_, sig, err := s.Load(s.Dump(nil, tt.at, false), 0)
		if err != nil || sig.SignedAt.Unix() != tt.want {
			t.Errorf("Dump at %v: time stamp %d, %v, want %d", tt.at, sig.SignedAt.Unix(), err, tt.want)
		}
	}
}

func TestFallbacks(t *testing.T) {
	t.Parallel()
	dump := func(key string) string { return New(key, testSalt).Dump([]byte("x"), testTime, false) }
	s := New("new", testSalt, "old-1", "", "old-0")
	for key, want := range map[string]int{"new": 0, "old-1": 1, "old-0": 3} {
		if _, sig, err := s.Load(dump(key), 9); err != nil || sig.Fallback != want {
			t.Errorf("Load of a text signed with %q: fallback %d, %v, want %d", key, sig.Fallback, err, want)
		}
	}
	for _, key := range []string{"", "older"} {
		if _, _, err := s.Load(dump(key), 9); !errors.Is(err, ErrBadSignature) {
			t.Errorf("Load of a text signed with %q: error %v, want ErrBadSignature", key, err)
		}
	}
	if s.Dump([]byte("x"), testTime, false) != dump("new") {
		t.Error("Dump does not sign with the main key")
	}
}

// Every change of a single byte is noticed, and every cut.
func TestLoadNoticesChanges(t *testing.T) {
	t.Parallel()
	s := New(testKey, testSalt)
	text := s.Dump([]byte(`{"user":"bob"}`), testTime, false)
	for i := range len(text) {
		for _, c := range []byte{text[i] ^ 1, ':', '=', 0} {
			if c == text[i] {
				continue
			}
			changed := text[:i] + string(c) + text[i+1:]
			if _, _, err := s.Load(changed, 99); !errors.Is(err, ErrBadSignature) {
				t.Errorf("Load(%q): error %v, want ErrBadSignature", changed, err)
			}
		}
		if _, _, err := s.Load(text[:i], 99); !errors.Is(err, ErrBadSignature) {
			t.Errorf("Load(%q): error %v, want ErrBadSignature", text[:i], err)
		}
	}
	for _, changed := range []string{text + "=", text + ":", ":" + text, text + "\n", strings.ToUpper(text)} {
		if _, _, err := s.Load(changed, 99); !errors.Is(err, ErrBadSignature) {
			t.Errorf("Load(%q): error %v, want ErrBadSignature", changed, err)
		}
	}
	if _, _, err := New(testKey, "another.salt").Load(text, 99); !errors.Is(err, ErrBadSignature) {
		t.Errorf("Load with another salt: error %v, want ErrBadSignature", err)
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, zlib.NoCompression)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

// A good signature opens the door to all that Django reads, and to no more.
func TestLoadIsLenientAfterTheSignature(t *testing.T) {
	t.Parallel()
	b64 := base64.RawURLEncoding.EncodeToString
	tests := []struct {
		why, value string
		want       string
		err        error
	}{
		{"padding", "e30=:0", "{}", nil},
		{"standard alphabet", "+/8A:0", "\xfb\xff\x00", nil},
		{"URL alphabet", "-_8A:0", "\xfb\xff\x00", nil},
		{"foreign characters", "e!30\n=:0", "{}", nil},
		{"stray bits at the end", "e31:0", "{}", nil},
		{"colon in the payload", "e3:0:0", "{}", ErrMalformed},
		{"empty payload", ":0", "", nil},
		{"negative time stamp", "e30:-1", "{}", nil},
		{"a lone minus is zero", "e30:-", "{}", nil},
		{"stored zlib stream", "." + b64([]byte(zipped("{}"))) + ":0", "{}", nil},
		{"bytes after the zlib stream", "." + b64([]byte(zipped("{}")+"more")) + ":0", "{}", nil},
		{"no time stamp", "e30", "", ErrMalformed},
		{"empty time stamp", "e30:", "", ErrMalformed},
		{"no base 62", "e30:1.5", "", ErrMalformed},
		{"no base64", "e:0", "", ErrMalformed},
		{"no zlib stream", ".e30:0", "", ErrMalformed},
		{"empty zlib stream", ".:0", "", ErrMalformed},
		{"cut zlib stream", "." + b64([]byte(zipped("{}")[:8])) + ":0", "", ErrMalformed},
		{"zlib checksum missing", "." + b64([]byte(zipped("{}")[:len(zipped("{}"))-1])) + ":0", "", ErrMalformed},
		{"too large", b64(make([]byte, 101)) + ":0", "", ErrTooLarge},
		{"too large, inflated", "." + b64([]byte(zipped(strings.Repeat("x", 101)))) + ":0", "", ErrTooLarge},
		{"as large as allowed", "." + b64([]byte(zipped(strings.Repeat("x", 100)))) + ":0", strings.Repeat("x", 100), nil},
	}
	s := New(testKey, testSalt)
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			t.Parallel()
			got, _, err := s.Load(s.Sign(tt.value), 100)
			if tt.err != nil {
				if !errors.Is(err, tt.err) || got != nil {
					t.Errorf("Load(%q, signed) = %q, %v, want %v", tt.value, got, err, tt.err)
				}
			} else if err != nil || string(got) != tt.want {
				t.Errorf("Load(%q, signed) = %q, %v, want %q", tt.value, got, err, tt.want)
			}
		})
	}
}

// 10 MB of zeros in 10 kB must not be inflated, and a text of 10 MB not hashed.
func TestLoadIsBounded(t *testing.T) {
	t.Parallel()
	s := New(testKey, testSalt)
	bomb := s.Dump(make([]byte, 10<<20), testTime, true)
	if _, _, err := s.Load(bomb, 1<<20); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Load of a bomb: error %v, want ErrTooLarge", err)
	}
	if n := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Load(bomb, 1<<10)
		}
	}).AllocedBytesPerOp(); n > 256<<10 {
		t.Errorf("Load of a bomb with 1 KiB allowed: %d bytes of memory, want little", n)
	}
	if _, _, err := s.Load(strings.Repeat("A", 10<<20), 1<<20); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Load of 10 MB: error %v, want ErrTooLarge", err)
	}
	if _, _, err := s.Load(s.Dump([]byte("x"), testTime, false), math.MaxInt); err != nil {
		t.Errorf("Load without a bound: %v", err)
	}
}

func TestSign(t *testing.T) {
	t.Parallel()
	s := New(testKey, "django.core.signing.Signer")
	for _, value := range []string{"", "a", "a:b", "é\n:"} {
		signed := s.Sign(value)
		if got, err := s.Unsign(signed); err != nil || got != value || !strings.HasPrefix(signed, value+":") {
			t.Errorf("Unsign(Sign(%q)) = %q, %v", value, got, err)
		}
	}
	for _, signed := range []string{"", ":", "a", s.Sign("a") + "=", "b" + s.Sign("a")} {
		if got, err := s.Unsign(signed); !errors.Is(err, ErrBadSignature) || got != "" {
			t.Errorf("Unsign(%q) = %q, %v, want ErrBadSignature", signed, got, err)
		}
	}
}

func TestNoSecretIsPrinted(t *testing.T) {
	t.Parallel()
	s := New(testKey, testSalt, "old-hunter2")
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		for _, v := range []any{s, *s, []any{s}, struct{ S *Signer }{s}} {
			if got := fmt.Sprintf(format, v); !strings.Contains(got, "signing.Signer") || len(got) > 60 {
				t.Errorf("%s of a %T prints %q", format, v, got)
			}
		}
	}
	for _, text := range []string{"hunter2", "hunter2:0:" + strings.Repeat("A", 43), s.Sign("hunter2"), s.Sign("hunter2:hunter-2"), s.Sign(".hunter2:0"), s.Sign("hunter3!:0")} {
		if _, _, err := s.Load(text, 4); err == nil || strings.Contains(err.Error(), "hunter") {
			t.Errorf("Load(%q): error %v, want one that quotes nothing", text, err)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := New(testKey, testSalt, "other")
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 50 {
				want := strings.Repeat(fmt.Sprintf("%d-%d ", g, i), 1+i*10)
				text := s.Dump([]byte(want), testTime, i%2 == 0)
				got, _, err := s.Load(text, 1<<20)
				if err != nil || string(got) != want {
					t.Errorf("Load(Dump) in goroutine %d: %.20q, %v, want %.20q", g, got, err, want)
				}
			}
		}()
	}
	wg.Wait()
}

func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget at random")
	}
	s := New(testKey, testSalt, "other")
	payload := []byte(strings.Repeat(`{"a":1}`, 50))
	plain := s.Dump(payload, testTime, false)
	deflated := s.Dump(payload, testTime, true)
	for _, tt := range []struct {
		what string
		max  float64
		f    func()
	}{
		{"Dump", 1, func() { s.Dump(payload, testTime, false) }},
		{"Dump, deflate", 2, func() { s.Dump(payload, testTime, true) }},
		{"Load", 1, func() { s.Load(plain, 1<<20) }},
		{"Load, deflated", 6, func() { s.Load(deflated, 1<<20) }},
		{"Load, bad signature", 0, func() { s.Load(plain[1:], 1<<20) }},
	} {
		if n := testing.AllocsPerRun(200, tt.f); n > tt.max {
			t.Errorf("%s: %v allocations, want at most %v", tt.what, n, tt.max)
		}
	}
}

func BenchmarkDump(b *testing.B) {
	benchmark(b, func(s *Signer, p []byte, d bool, _ string) { s.Dump(p, testTime, d) })
}

func BenchmarkLoad(b *testing.B) {
	benchmark(b, func(s *Signer, _ []byte, _ bool, text string) { s.Load(text, 1<<20) })
}

func benchmark(b *testing.B, f func(s *Signer, payload []byte, deflate bool, text string)) {
	s := New(testKey, testSalt)
	for _, size := range []int{350, 20_000} {
		for _, deflate := range []bool{false, true} {
			payload := []byte(strings.Repeat(`{"a":1}`, size/7))
			text := s.Dump(payload, testTime, deflate)
			b.Run(fmt.Sprintf("%dB/deflate=%t", size, deflate), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(payload)))
				for b.Loop() {
					f(s, payload, deflate, text)
				}
			})
		}
	}
}
