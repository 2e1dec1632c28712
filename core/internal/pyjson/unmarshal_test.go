package pyjson

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

type form struct {
	Any   any               `json:"any"`
	Inner struct{ N int }   `json:"inner"`
	Map   map[string]uint8  `json:"map"`
	Raw   json.RawMessage   `json:"raw"`
	At    time.Time         `json:"at"`
	Tag   int               `json:"tag,string"`
	Num   json.Number       `json:"num"`
	Keys  map[int8]struct{} `json:"keys"`
}

func TestUnmarshal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		dst  any // a pointer to what is there before
		want any
	}{
		{` "a\u00e9" `, new(string), "aé"},
		{`-12`, new(int), -12},
		{`9223372036854775807`, new(int64), int64(math.MaxInt64)},
		{`true`, new(bool), true},
		{`false`, ptr(true), false},
		{`1`, new(float64), 1.0},
		{`1e400`, new(float64), math.Inf(1)},
		{`-Infinity`, new(float64), math.Inf(-1)},
		{`Infinity`, new(float32), float32(math.Inf(1))},
		{`0.1`, new(float32), float32(0.1)},
		{`[1,1.0,"a",12345678901234567890]`, new(any), []any{int64(1), 1.0, "a", json.Number("12345678901234567890")}},
		{`{"a":1}`, &map[string]any{"b": 2}, map[string]any{"a": int64(1)}},
		{`[1]`, new([]any), []any{int64(1)}},
		{`[ "a" , null, "b" ]`, new([]string), []string{"a", "", "b"}},
		{`[ ]`, new([]string), []string{}},
		// null
		{`null`, ptr("old"), "old"}, {`null`, ptr(7), 7}, {`null`, ptr(1.5), 1.5}, {`null`, ptr(true), true},
		{`null`, ptr(any(1)), nil}, {`null`, &[]any{1}, []any(nil)}, {`null`, &[]string{"a"}, []string(nil)}, {`null`, &map[string]any{"a": 1}, map[string]any(nil)},
		{`null`, ptr(ptr(1)), (*int)(nil)},
		// by reflection
		{`"admin"`, new(role), role("admin")},
		{`[1,2]`, new([]int), []int{1, 2}},
		{"\"\xe9\"", new(role), role("é")},
		{`200`, new(uint8), uint8(200)},
		{`1.0`, new(json.Number), json.Number("1.0")},
		{`{"any":12345678901234567890,"inner":{"N":3}}`, new(form), form{Any: json.Number("12345678901234567890"), Inner: struct{ N int }{3}}},
		{`"2025-03-04T05:06:07Z"`, new(time.Time), time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)},
		{`"+/8A"`, new([]byte), []byte{0xfb, 0xff, 0}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%.20s into %T", tt.text, tt.dst), func(t *testing.T) {
			t.Parallel()
			err := Unmarshal(tt.text, tt.dst)
			got := reflect.ValueOf(tt.dst).Elem().Interface()
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Unmarshal(%s, %T) = %#v, %v, want %#v", tt.text, tt.dst, got, err, tt.want)
			}
		})
	}
	var f float64
	if err := Unmarshal(`NaN`, &f); err != nil || !math.IsNaN(f) {
		t.Errorf("Unmarshal(NaN, *float64) = %v, %v, want NaN", f, err)
	}
}

func ptr[T any](v T) *T { return &v }

func TestUnmarshalRefuses(t *testing.T) {
	t.Parallel()
	const secret = "8675309"
	tests := []struct {
		text string
		dst  any
		want string // in the error
	}{
		{`"` + secret + `"`, new(int), "a JSON string does not fit int"},
		{secret + `.0`, new(int), "does not fit int"},
		{secret + `e0`, new(int64), "does not fit int64"},
		{secret + `00000000000000`, new(int64), "does not fit int64"},
		{`NaN`, new(int), "does not fit int"},
		{secret, new(string), "a JSON number does not fit string"},
		{`[` + secret + `]`, new(bool), "a JSON array does not fit bool"},
		{`{"` + secret + `":1}`, new(float64), "a JSON object does not fit float64"},
		{`true`, new(float64), "a JSON bool does not fit float64"},
		{`["` + secret + `",1]`, new([]string), "a JSON number does not fit string"},
		{`"` + secret + `"`, new([]string), "a JSON string does not fit []string"},
		{secret, new([]any), "a JSON number does not fit []interface {}"},
		{`[` + secret + `]`, new(map[string]any), "a JSON array does not fit map[string]interface {}"},
		{secret, new(uint8), "a JSON number does not fit uint8"},
		{secret + `.5`, new([]int), "does not fit"},
		{`{"inner":{"N":` + secret + `.5}}`, new(form), "a JSON number does not fit int, the type of field inner.N"},
		{`{"map":{"` + secret + `":` + secret + `}}`, new(form), "does not fit uint8"},
		{`{"keys":{"` + secret + `":{}}}`, new(form), "does not fit int8"},
		{`{"at":"` + secret + `"}`, new(form), "pyjson.form"},
		{`{"tag":"x` + secret + `"}`, new(form), "pyjson.form"},
		{`{"num":"x` + secret + `"}`, new(form), "pyjson.form"},
		{`"` + secret + `"`, new(time.Time), "time.Time"},
		{`[NaN,` + secret + `]`, new([]float64), "[]float64: only"},
		{`"a" ` + secret, new(string), "follows"},
		{`"a" ` + secret, new(role), "follows"},
		{`[` + secret, new(bool), "byte 8"},
		{secret + `,`, new(form), "does not fit"},
		{`"` + secret, new(any), "not closed"},
		{strings.Repeat(`[`, MaxDepth+1) + strings.Repeat(`]`, MaxDepth+1), new([]form), "too deep"},
		{`1`, nil, "nil"},
		{`1`, form{}, "non-pointer"},
		{`1`, (*form)(nil), "nil"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%.20s into %T", tt.text, tt.dst), func(t *testing.T) {
			t.Parallel()
			err := Unmarshal(tt.text, tt.dst)
			if err == nil {
				t.Fatalf("Unmarshal(%s, %T): no error", tt.text, tt.dst)
			}
			if text := fmt.Sprintf("%v %+v", err, err); !strings.Contains(text, tt.want) || strings.Contains(text, secret) {
				t.Errorf("Unmarshal(%s, %T): error %q, want one that has %q and quotes no value", tt.text, tt.dst, text, tt.want)
			}
		})
	}
}

func TestUnmarshalAllocations(t *testing.T) {
	var (
		s string
		n int
		f float64
		b bool
	)
	for text, dst := range map[string]any{`"abc"`: &s, `12`: &n, `1.5`: &f, `true`: &b} {
		if n := testing.AllocsPerRun(100, func() { Unmarshal(text, dst) }); n > 0 {
			t.Errorf("Unmarshal(%s, %T): %v allocations, want 0", text, dst, n)
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	for text, dst := range map[string]any{`"abc"`: new(string), `12`: new(int), `{"x":1,"f":1.5}`: new(point)} {
		b.Run(fmt.Sprintf("%T", dst), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := Unmarshal(text, dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
