package signing

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestBase62(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 61: "z", 62: "10", -1: "-1", 1700000000: "1r31eq", math.MaxInt64: "AzL8n0Y58m7", math.MinInt64: "-AzL8n0Y58m8"} {
		if got := string(AppendBase62([]byte("x"), n)); got != "x"+want {
			t.Errorf("AppendBase62(x, %d) = %s, want x%s", n, got, want)
		}
		if got, err := ParseBase62(want); err != nil || got != n {
			t.Errorf("ParseBase62(%s) = %d, %v, want %d", want, got, err, n)
		}
	}
	for s, want := range map[string]int64{"00z": 61, "-0": 0, "-": 0, strings.Repeat("0", 50) + "1": 1} {
		if got, err := ParseBase62(s); err != nil || got != want {
			t.Errorf("ParseBase62(%s) = %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "--1", "1-", "+1", " 1", "1 ", "a.b", "é", "AzL8n0Y58m8", "-AzL8n0Y58m9", "zzzzzzzzzzz", strings.Repeat("z", 100)} {
		if got, err := ParseBase62(s); err == nil {
			t.Errorf("ParseBase62(%q) = %d, want an error", s, got)
		}
	}
}

func TestDecodeBase64(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, want string
		ok       bool
	}{
		{"", "", true}, {"QQ", "A", true}, {"QUI", "AB", true}, {"QUJD", "ABC", true}, {"QUJDRA", "ABCD", true},
		{"QQ==", "A", true}, {"QUI=", "AB", true}, {"QR", "A", true},
		{"QQ==QQ==", "A", true}, // the padding ends it
		{"Q=Q==", "A", true},    // a stray = is passed over
		{"QUJD=", "ABC", true}, {"=QUJD", "ABC", true}, {"====", "", true},
		{"Q!U!J!D!", "ABC", true}, {"\nQUJD", "ABC", true}, {"éQUJD", "ABC", true},
		{"Q", "", false}, {"QUJDR", "", false}, {"QUI!", "", false}, // the padding is counted before the ! goes
	}
	for _, tt := range tests {
		got, err := decodeBase64(tt.in)
		if (err == nil) != tt.ok || string(got) != tt.want {
			t.Errorf("decodeBase64(%q) = %q, %v, want %q, ok = %t", tt.in, got, err, tt.want, tt.ok)
		}
	}
}

func FuzzDecodeBase64(f *testing.F) {
	for _, s := range []string{"", "QUJD", "QQ==", "-_+/", "Q Q", "==="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := decodeBase64(s)
		want, strict := base64.RawURLEncoding.DecodeString(s)
		if strict == nil && !strings.ContainsAny(s, "\r\n") && (err != nil || string(got) != string(want)) {
			t.Errorf("decodeBase64(%q) = %q, %v, want %q", s, got, err, want)
		}
	})
}

func FuzzLoad(f *testing.F) {
	s := New(testKey, testSalt)
	f.Add("e30:1r31eq")
	f.Add(".eJwDAAAAAAE:0")
	f.Add(s.Dump([]byte("x"), testTime, false))
	f.Fuzz(func(t *testing.T, text string) {
		s.Load(text, 1000) // a forgery must not be found, and nothing may panic
		payload, _, err := s.Load(s.Sign(text), 1000)
		if err == nil && len(payload) > 1000 {
			t.Errorf("Load(%q): %d bytes, more than allowed", text, len(payload))
		}
	})
}

// TestPythonDecodesTheSame compares with what Django does, on random texts.
func TestPythonDecodesTheSame(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("DJINN_REQUIRE_SERVICES") == "1" {
			t.Fatal("DJINN_REQUIRE_SERVICES=1, but there is no python3 in the PATH")
		}
		t.Skip("there is no python3 in the PATH to compare with")
	}
	const alphabet = "AQZaz059-_+/====!: \n"
	rnd := rand.New(rand.NewPCG(5, 6))
	texts := make([]string, 20_000)
	for i := range texts {
		b := make([]byte, rnd.IntN(14))
		for j := range b {
			b[j] = alphabet[rnd.IntN(len(alphabet))]
		}
		texts[i] = string(b)
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", `
import base64, binascii, json, sys
def decode(s):
    s = s.encode()
    try:
        return base64.urlsafe_b64decode(s + b'=' * (-len(s) % 4)).hex()
    except binascii.Error:
        return 'error'
print(json.dumps([decode(s) for s in json.load(sys.stdin)]))
`)
	cmd.Stdin = strings.NewReader(string(in))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python3: %v", err)
	}
	var answers []string
	if err := json.Unmarshal(out, &answers); err != nil || len(answers) != len(texts) {
		t.Fatalf("python3 gave %d answers to %d texts, %v", len(answers), len(texts), err)
	}
	for i, want := range answers {
		got := "error"
		if b, err := decodeBase64(texts[i]); err == nil {
			got = hex.EncodeToString(b)
		}
		if got != want {
			t.Errorf("decodeBase64(%q) = %s, Python says %s", texts[i], got, want)
		}
	}
}
