package pyjson

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want any
	}{
		{`null`, nil}, {` true `, true}, {`false`, false},
		{`0`, int64(0)}, {`-0`, int64(0)}, {`-12`, int64(-12)}, {`9223372036854775807`, int64(math.MaxInt64)}, {`-9223372036854775808`, int64(math.MinInt64)},
		{`9223372036854775808`, json.Number("9223372036854775808")},
		{`1.0`, 1.0}, {`1e2`, 100.0}, {`-1.5E-07`, -1.5e-7}, {`1e400`, math.Inf(1)}, {`-1e400`, math.Inf(-1)}, {`1e-400`, 0.0},
		{`Infinity`, math.Inf(1)}, {`-Infinity`, math.Inf(-1)},
		{`""`, ""}, {`"a\u00e9\uD83D\ude00\n\/"`, "aé😀\n/"}, {`"x\ud800\u0041\udc00"`, "x\ufffdA\ufffd"}, {`"\ud800\ud83d\ude00"`, "\ufffd😀"},
		{"\"\xe9\"", "é"},
		{`[]`, []any{}}, {`[ ]`, []any{}}, {`[1, [2], {}]`, []any{int64(1), []any{int64(2)}, map[string]any{}}},
		{`{ }`, map[string]any{}}, {`{"a" : 1, "a" : 2, "\u00e9": null}`, map[string]any{"a": int64(2), "é": nil}},
	}
	for _, tt := range tests {
		got, err := Decode(tt.text)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("Decode(%s) = %#v, %v, want %#v", tt.text, got, err, tt.want)
		}
	}
	if got, err := Decode(`NaN`); err != nil || !math.IsNaN(got.(float64)) {
		t.Errorf("Decode(NaN) = %v, %v, want NaN", got, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`[`, MaxDepth+1) + strings.Repeat(`]`, MaxDepth+1)
	for _, text := range []string{
		``, `1 2`, `[`, `[,]`, `[1,]`, `[1 2]`, `]`, `{`, `{,}`, `{"a":1,}`, `{"a"}`, `{1:1}`, `{"a":}`, `{"a":1 "b":2}`, `{"a":[}`, `01`, `nul`, `"`, `"\`, `-`, `1.`,
		deep, strings.Repeat(`[`, 10_000_000), strings.Repeat(`{"a":`, 1_000_000), "\"\\\xe9\"", "\"\x01\"",
	} {
		if got, err := Decode(text); err == nil {
			t.Errorf("Decode(%.40q) = %v, want an error", text, got)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, text := range []string{`12`, `"abc"`, tenItems} {
		b.Run(text[:2], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decode(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
