package pyjson

import (
	"math"
	"testing"
)

func TestAppendString(t *testing.T) {
	t.Parallel()
	tests := []struct{ why, in, want string }{
		{"empty", "", `""`},
		{"plain", "abc ~", `"abc ~"`},
		{"short escapes", "\"\\\n\r\t\b\f", `"\"\\\n\r\t\b\f"`},
		{"control characters", "\x00\x01\x1f\x7f", `"\u0000\u0001\u001f\u007f"`},
		{"no HTML escapes", "</a>&'", `"</a>&'"`},
		{"Latin-1 and beyond, lower-case digits", "é\u00ffߪ\u2028\uffff", `"\u00e9\u00ff\u07ea\u2028\uffff"`},
		{"astral", "a😀b\U0010ffff", `"a\ud83d\ude00b\udbff\udfff"`},
		{"lone surrogates", "\xed\xa0\x80x\xed\xbf\xbf", `"\ud800x\udfff"`},
		{"invalid bytes", "\xff\xc3x\xed\xa0", `"\ufffd\ufffdx\ufffd\ufffd"`},
		{"a real replacement character", "\ufffd", `"\ufffd"`},
	}
	for _, tt := range tests {
		if got := string(AppendString(nil, tt.in)); got != tt.want {
			t.Errorf("%s: AppendString(%q) = %s, want %s", tt.why, tt.in, got, tt.want)
		}
		if got := StringSize(tt.in); got != len(tt.want) {
			t.Errorf("%s: StringSize(%q) = %d, want %d", tt.why, tt.in, got, len(tt.want))
		}
	}
}

func TestUnquote(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{`""`, ""},
		{`"abc"`, "abc"},
		{`"\"\\\/\n\u00e9"`, "\"\\/\né"},
		{`"\ud83d\ude00"`, "😀"},
		{`"\ud800x\udfff"`, "\xed\xa0\x80x\xed\xbf\xbf"},
	}
	for _, tt := range tests {
		if got := Unquote(tt.in); got != tt.want {
			t.Errorf("Unquote(%s) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestAppendFloat(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   float64
		want string
	}{
		{0, "0.0"}, {math.Copysign(0, -1), "-0.0"}, {1, "1.0"}, {-1.5, "-1.5"}, {0.1, "0.1"}, {1.0 / 3, "0.3333333333333333"},
		{1e-4, "0.0001"}, {1e-5, "1e-05"}, {1.5e-7, "1.5e-07"}, {9.999e-5, "9.999e-05"},
		{1e15, "1000000000000000.0"}, {999999999999999.9, "999999999999999.9"}, {1e16, "1e+16"}, {9999999999999998, "9999999999999998.0"}, {12345678901234567890, "1.2345678901234567e+19"},
		{1e100, "1e+100"}, {5e-324, "5e-324"}, {math.MaxFloat64, "1.7976931348623157e+308"},
		{math.NaN(), "NaN"}, {math.Inf(1), "Infinity"}, {math.Inf(-1), "-Infinity"},
	}
	for _, tt := range tests {
		if got := string(appendFloat([]byte("x"), tt.in, 64)); got != "x"+tt.want {
			t.Errorf("appendFloat(%g) = %s, want x%s", tt.in, got, tt.want)
		}
	}
	for in, want := range map[float32]string{0.1: "0.1", 1e-4: "0.0001", 1e-5: "1e-05", 16777216: "16777216.0", 1e16: "1e+16"} {
		if got := string(appendFloat(nil, float64(in), 32)); got != want {
			t.Errorf("appendFloat(float32 %g) = %s, want %s", in, got, want)
		}
	}
}
