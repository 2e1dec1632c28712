package pyjson

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var wide = Limits{Depth: MaxDepth, Members: 1 << 16}

func TestSplit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		why  string
		text string
		want []Member
	}{
		{"no items", `{}`, nil},
		{"white space everywhere", " \t\r\n{ \"a\" : 1 , \"b\" : [ 1 , { \"c\" : 2 } ] } \n", []Member{{"a", "1"}, {"b", "[ 1 , { \"c\" : 2 } ]"}}},
		{"numbers to the letter", `{"a":1,"b":1.0,"c":-0,"d":1E+5,"e":123456789012345678901234567890}`, []Member{{"a", "1"}, {"b", "1.0"}, {"c", "-0"}, {"d", "1E+5"}, {"e", "123456789012345678901234567890"}}},
		{"words, Python's too", `{"a":null,"b":true,"c":false,"d":NaN,"e":Infinity,"f":-Infinity}`, []Member{{"a", "null"}, {"b", "true"}, {"c", "false"}, {"d", "NaN"}, {"e", "Infinity"}, {"f", "-Infinity"}}},
		{"the last value in the first place", `{"a":1,"b":2,"a":3}`, []Member{{"a", "3"}, {"b", "2"}}},
		{"two spellings of one name", `{"a":1,"\u0061":2}`, []Member{{"a", "2"}}},
		{"empty name", `{"":1}`, []Member{{"", "1"}}},
		{"escapes in a name", `{"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00":1}`, []Member{{"\"\\/\b\f\n\r\té😀", "1"}}},
		{"lone surrogates in a name", `{"\ud800\uDC00x\ud800":1,"\udc00\ud800":2}`, []Member{{"𐀀x\xed\xa0\x80", "1"}, {"\xed\xb0\x80\xed\xa0\x80", "2"}}},
		{"strings stay escaped", `{"a":"\uD83D\u00e9\ud800\/"}`, []Member{{"a", `"\uD83D\u00e9\ud800\/"`}}},
		{"brackets in strings", `{"a":"}],{[","b":["]"]}`, []Member{{"a", `"}],{["`}, {"b", `["]"]`}}},
		{"raw DEL is no control character", "{\"a\":\"\x7f\"}", []Member{{"a", "\"\x7f\""}}},
		{"bytes are Latin-1", "{\"\xe9\":\"\xc3\xa9\"}", []Member{{"é", `"\u00c3\u00a9"`}}},
		{"Latin-1 after an escaped backslash", "{\"a\":\"\\\\\xe9\"}", []Member{{"a", `"\\\u00e9"`}}},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			t.Parallel()
			got, err := Split(tt.text, wide)
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("Split(%q) = %q, %v, want %q", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestSplitRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, ` `, `null`, `[]`, `"a"`, `1`, `{`, `}`, `{}}`, `{}{}`, `{} x`, `{,}`, `{"a"}`, `{"a":}`, `{"a" 1}`, `{"a":1,}`, `{"a":1 "b":2}`,
		`{a:1}`, `{'a':1}`, `{1:1}`, `{"a":1]`, `{"a":[1}`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a":[1 2]}`, `{"a":{"b"}}`, `{"a":{"b":1,}}`, `{"a":{1:1}}`,
		`{"a":01}`, `{"a":1.}`, `{"a":.5}`, `{"a":+1}`, `{"a":-}`, `{"a":1e}`, `{"a":1e+}`, `{"a":0x1}`, `{"a":1_0}`, `{"a":--1}`, `{"a":-01}`,
		`{"a":nul}`, `{"a":nullx}`, `{"a":True}`, `{"a":nan}`, `{"a":-NaN}`, `{"a":+Infinity}`, `{"a":-Inf}`, `{"a":undefined}`,
		`{"a":"}`, `{"a":"\`, `{"a":"\"}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\u12g4"}`, `{"a":"\u+123"}`, `{"a":"\U0001"}`,
		"{\"a\":\"\n\"}", "{\"a\":\"\x00\"}", "{\"a\x1f\":1}", "\ufeff{}", "\xff{}", "{\"a\":\xe9}", "{\"a\":\"\\\xe9\"}", "{\"a\":\"\\u00\xe9\"}",
		"{\v}", "{\"a\":1}\x00", "{\u00a0}", `{"a":1}//`, `/**/{}`,
	} {
		if got, err := Split(text, wide); err == nil {
			t.Errorf("Split(%q) = %q, want an error", text, got)
		}
	}
}

// An error must not quote the session.
func TestSplitErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"hunter2":"hunter2`, `{"a":hunter2}`, `{"hunter2" 1}`, `hunter2`, `{"a":"hunter2\x"}`} {
		_, err := Split(text, wide)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Split(%q): error %v, want one that does not quote the text", text, err)
		}
	}
}

func TestSplitLimits(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string {
		return `{"a":` + strings.Repeat(`[`, depth) + strings.Repeat(`]`, depth) + `,"b":` + strings.Repeat(`{"x":`, depth) + `1` + strings.Repeat(`}`, depth) + `}`
	}
	names := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"%d":1,"0":2`, i)
		}
		return `{` + b.String()[1:] + `}`
	}
	tests := []struct {
		why  string
		text string
		lim  Limits
		ok   bool
	}{
		{"scalars at depth 0", `{"a":1}`, Limits{0, 1}, true},
		{"array at depth 0", `{"a":[]}`, Limits{0, 1}, false},
		{"as deep as allowed", nested(5), Limits{5, 9}, true},
		{"one too deep", nested(5), Limits{4, 9}, false},
		{"siblings do not add up", `{"a":[[],[],[]]}`, Limits{2, 9}, true},
		{"very deep and allowed", nested(100000), Limits{100000, 9}, true},
		{"as many as allowed", names(100), Limits{1, 100}, true},
		{"one too many", names(101), Limits{1, 100}, false},
		{"few, one too many", names(3), Limits{1, 2}, false},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			t.Parallel()
			if _, err := Split(tt.text, tt.lim); (err == nil) != tt.ok {
				t.Errorf("Split with %+v: error %v, want ok = %t", tt.lim, err, tt.ok)
			}
		})
	}
}

// Names that are looked up one by one in a list would take minutes here.
func TestSplitIsLinear(t *testing.T) {
	t.Parallel()
	const n = 200_000
	var b strings.Builder
	b.WriteString(`{"x":0`)
	for i := range n {
		fmt.Fprintf(&b, `,"%d":1,"%d":2`, i, i)
	}
	b.WriteString(`}`)
	start := time.Now()
	got, err := Split(b.String(), Limits{0, n + 1})
	if err != nil || len(got) != n+1 || got[n] != (Member{fmt.Sprint(n - 1), "2"}) {
		t.Fatalf("Split of %d names: %d items, %v", n, len(got), err)
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("Split of %d names took %v, want well below a second", n, d)
	}
}

func TestSplitAllocations(t *testing.T) {
	text := tenItems
	if n := testing.AllocsPerRun(100, func() { Split(text, wide) }); n > 1 {
		t.Errorf("Split of ten items: %v allocations, want at most 1", n)
	}
	items, err := Split(text, wide)
	if err != nil || len(items) != 10 {
		t.Fatalf("Split = %d items, %v, want 10", len(items), err)
	}
	dst := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { dst = AppendObject(dst[:0], items) }); n > 0 {
		t.Errorf("AppendObject into a large buffer: %v allocations, want 0", n)
	}
	if string(dst) != text {
		t.Errorf("AppendObject = %s, want %s", dst, text)
	}
}

// tenItems is a typical session of a logged-in user.
const tenItems = `{"_auth_user_id":"42","_auth_user_backend":"django.contrib.auth.backends.ModelBackend","_auth_user_hash":"f3b1c2d4e5a697887766554433221100ffeeddccbbaa99887766554433221100","_csrftoken":"abcdefghijklmnopqrstuvwxyzABCDEF","_session_expiry":3600,"cart":[{"id":1,"n":2},{"id":7,"n":1}],"visits":12,"rate":1.0,"name":"Ren\u00e9e","beta":true}`

func BenchmarkSplit(b *testing.B) {
	b.SetBytes(int64(len(tenItems)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Split(tenItems, wide); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendObject(b *testing.B) {
	items, err := Split(tenItems, wide)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendObject(dst[:0], items)
	}
}
