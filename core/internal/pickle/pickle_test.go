package pickle

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

var wide = Limits{Size: 1 << 20, Depth: 513, Values: 1 << 18}

// vector is a session as Django's cache back ends keep it.
type vector struct {
	Data      json.RawMessage `json:"data"`
	Redis     []byte          `json:"redis_value_b64"` // the newest protocol
	Protocol2 []byte          `json:"pickle_protocol_2_b64"`
}

func vectors(t testing.TB) []vector {
	t.Helper()
	b, err := os.ReadFile("../../testdata/vectors_extra.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cache []vector }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cache) < 5 {
		t.Fatalf("got %d vectors, want those of the cache", len(file.Cache))
	}
	return file.Cache
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for i, v := range vectors(t) {
		for name, data := range map[string][]byte{"redis": v.Redis, "protocol 2": v.Protocol2} {
			got, rest, err := Decode(string(data), wide)
			if err != nil || rest != "" {
				t.Errorf("vector %d, %s: error %v, rest %q", i, name, err, rest)
				continue
			}
			if want := strings.Join(strings.Fields(string(v.Data)), ""); !sameJSON(t, got, want) {
				t.Errorf("vector %d, %s: got %s, want %s", i, name, got, want)
			}
		}
	}
}

// sameJSON compares by value, since the vectors' own JSON has not Python's
// spelling of every character.
func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	canonical := func(text string) string {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		out, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	return canonical(a) == canonical(b)
}

// roundTrips come back from a pickle to the letter.
var roundTrips = []string{
	`{}`, `[]`, `null`, `true`, `false`, `""`, `"a"`,
	`{"a":1,"b":[1,2,[3]],"c":{"d":{}}}`,
	`[0,255,256,65535,65536,-1,2147483647,-2147483648,2147483648,-2147483649,9223372036854775807,-9223372036854775808]`,
	`[127,128,-128,-129,32767,32768,-32768,-32769,18446744073709551616,-18446744073709551616,-1180591620717411303424]`,
	`[340282366920938463463374607431768211455,340282366920938463463374607431768211456,-170141183460469231731687303715884105728]`,
	`[` + strings.Repeat("9", maxDigits) + `,-` + strings.Repeat("9", maxDigits) + `,1` + strings.Repeat("0", 700) + `]`,
	`[0.0,-0.0,1.0,1.5,-2.25,0.1,1e-05,1e+16,1e+100,5e-324,NaN,Infinity,-Infinity]`,
	`{"\u00e9\u65e5\ud83d\ude00":"\ud800 \udfff\u0000\u001f\u007f\n\t\\\"/<>&"}`,
	`{"":"empty name","long":"` + strings.Repeat("x", 255) + `","longer":"` + strings.Repeat("y", 256) + `","huge":"` + strings.Repeat("z", 70_000) + `"}`,
	strings.Repeat("[", 513) + strings.Repeat("]", 513),
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, text := range roundTrips {
		data, err := Append([]byte("before"), text)
		if err != nil {
			t.Errorf("Append(%.80s): %v", text, err)
			continue
		}
		got, rest, err := Decode(strings.TrimPrefix(string(data), "before")+"after", wide)
		if err != nil || got != text || rest != "after" {
			t.Errorf("Decode(Append(%.80s)) = %.80s, rest %q, %v", text, got, rest, err)
		}
	}
}

func TestAppendMakesOneSpelling(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{` { "a" : [ 1 , 2 ] , "b" : { } } `, `{"a":[1,2],"b":{}}`},
		{`[-0,1.50,1E2,1e400,-1e400,0.10]`, `[0,1.5,100.0,Infinity,-Infinity,0.1]`},
		{`["\/\u0041\u00E9"]`, `["/A\u00e9"]`},
	}
	for _, tt := range tests {
		data, err := Append(nil, tt.in)
		if err != nil {
			t.Errorf("Append(%s): %v", tt.in, err)
			continue
		}
		if got, _, err := Decode(string(data), wide); err != nil || got != tt.want {
			t.Errorf("Decode(Append(%s)) = %s, %v, want %s", tt.in, got, err, tt.want)
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, ` `, `{`, `[`, `"`, `"a`, `"\`, `[1`, `[1 2]`, `{"a"}`, `{"a" 1}`, `{1:2}`, `{"a":1`, `nul`, `1x`, `--1`, `-`, `[] []`,
		`1` + strings.Repeat("0", maxDigits), `[-1` + strings.Repeat("0", maxDigits) + `]`,
	} {
		dst := []byte("before")
		got, err := Append(dst, text)
		if err == nil || string(got) != "before" {
			t.Errorf("Append(%.40q) = %.40q, %v, want what was there and an error", text, got, err)
		}
	}
}

// Each is a pickle by hand, with opcodes that today's Python writes seldom.
func TestDecodeOldOpcodes(t *testing.T) {
	t.Parallel()
	tests := []struct{ why, in, want string }{
		{"a line of each kind", "(lp0\nI7\naI-7\naL99L\naL-12345678901234567890123L\naF1.5\naFnan\naI01\naI00\naNa.", `[7,-7,99,-12345678901234567890123,1.5,NaN,true,false,null]`},
		{"raw unicode", "V\\u00e9\\U0001f600\\\\ud800\\x\xe9\n.", `"\u00e9\ud83d\ude00\\\ud800\\x\u00e9"`},
		{"get from the memo", "(dp0\nVa\np1\ng1\ns.", `{"a":"a"}`},
		{"tuples", "(K\x01K\x02t.", `[1,2]`},
		{"long memo index", "]r\xff\xff\xff\x7f\x85.", `[[]]`},
		{"keys as json.dumps", "}(K\x01K\x02G?\xf8\x00\x00\x00\x00\x00\x00K\x03NK\x04\x88K\x05u.", `{"1":2,"1.5":3,"null":4,"true":5}`},
		{"frames", "\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00K\x01.", `1`},
	}
	for _, tt := range tests {
		got, rest, err := Decode(tt.in, wide)
		if err != nil || got != tt.want || rest != "" {
			t.Errorf("%s: Decode(%q) = %s, rest %q, %v, want %s", tt.why, tt.in, got, rest, err, tt.want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ why, in string }{
		{"nothing", ""},
		{"no value", "\x80\x04."},
		{"two values", "NN."},
		{"a mark left over", "(N."},
		{"a value under a mark", "N(."},
		{"no stop", "\x80\x04N"},
		{"an unknown protocol", "\x80\x06N."},
		{"a command", "cos\nsystem\n(S'true'\ntR."},
		{"a command, protocol 4", "\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R."},
		{"a persistent id", "Pid\n."},
		{"an extension", "\x82\x01."},
		{"bytes", "\x80\x04C\x01a."},
		{"a bytearray", "\x80\x05\x96\x01\x00\x00\x00\x00\x00\x00\x00a."},
		{"a set", "\x80\x04\x8f."},
		{"a string of Python 2", "U\x01a."},
		{"append to a number", "K\x01K\x02a."},
		{"append to a dictionary", "}Na."},
		{"set in a list", "]NNs."},
		{"half a pair", "}(Nu."},
		{"append below a mark", "](Na."},
		{"append without a list", "(Ne."},
		{"a tuple of too few", "N\x86."},
		{"put without a value", "q\x00."},
		{"an unknown memo", "h\x00."},
		{"a memo that is no number", "N(gx\n."},
		{"a key that is a list", "}]Ns."},
		{"a string beyond the end", "\x8d\xff\xff\xff\xff\xff\xff\xff\xffx."},
		{"a string of 4 GB", "X\xff\xff\xff\xffx."},
		{"a string that is not UTF-8", "\x8c\x01\xff."},
		{"half a surrogate", "\x8c\x02\xed\xa0."},
		{"an integer beyond the end", "\x8b\xff\xff\xff\x7fx."},
		{"a line without end", "I123"},
		{"no digits", "I\n."},
		{"hex digits", "Iff\n."},
		{"a float that is none", "Fx\n."},
		{"half an escape", "V\\u12\n."},
		{"beyond Unicode", "V\\U00110000\n."},
	}
	for _, tt := range tests {
		if got, _, err := Decode(tt.in, wide); err == nil {
			t.Errorf("%s: Decode(%q) = %s, want an error", tt.why, tt.in, got)
		}
	}
}

func TestDecodeBombs(t *testing.T) {
	t.Parallel()
	// Each level is a list of the one before, ten times: 10^20 values.
	laughs := "]K\x01aq\x00"
	for range 20 {
		laughs += "](" + strings.Repeat("h\x00", 10) + "eq\x00"
	}
	laughs = "(" + laughs + "t."
	tests := []struct{ why, in string }{
		{"a list in itself", "]q\x00h\x00a."},
		{"a dictionary in itself", "}q\x00\x8c\x01ah\x00s."},
		{"a small text for a huge one", laughs},
		{"a long string many times", "(" + "X\x00\x00\x01\x00" + strings.Repeat("x", 1<<16) + "q\x00" + strings.Repeat("h\x00", 100) + "t."},
		{"deeper than allowed", strings.Repeat("](", 514) + strings.Repeat("e", 514) + "."},
		{"many values", "(" + strings.Repeat("N", 1<<18) + "t."},
		{"a long integer", "\x8b\x00\x09\x00\x00" + strings.Repeat("\x01", 0x900) + "."},
		{"a long integer in digits", "L" + strings.Repeat("9", maxDigits+1) + "L\n."},
		{"a pickle of 5 MB", strings.Repeat("\x80\x04", 5<<19) + "N."},
	}
	for _, tt := range tests {
		if got, _, err := Decode(tt.in, wide); err == nil {
			t.Errorf("%s: got %d bytes of JSON, want an error", tt.why, len(got))
		}
	}
}

func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"Vsecret\n\xff.", "\x8c\x06secretNN.", "Isecret\n.", "csecret\nsecret\n."} {
		if _, _, err := Decode(in, wide); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("Decode(%q): got %v, want an error without the data", in, err)
		}
	}
	if _, err := Append(nil, `{"secret":secret}`); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("Append: got %v, want an error without the data", err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(string(v.Redis))
		f.Add(string(v.Protocol2))
	}
	f.Add("(dp0\nVa\np1\nI01\ns.")
	f.Add("]q\x00h\x00a.")
	lim := Limits{Size: 1 << 16, Depth: 64, Values: 1 << 12}
	f.Fuzz(func(t *testing.T, data string) {
		text, rest, err := Decode(data, lim)
		if err != nil {
			return
		}
		if len(text) > lim.Size || !strings.HasSuffix(data, rest) {
			t.Fatalf("Decode(%q): %d bytes of JSON, rest %q", data, len(text), rest)
		}
		again, err := Append(nil, text)
		if err != nil {
			t.Fatalf("Append(%q), which Decode wrote: %v", text, err)
		}
		if back, _, err := Decode(string(again), lim); err != nil || back != text {
			t.Fatalf("Decode(Append(%q)) = %q, %v", text, back, err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	v := vectors(b)
	data := string(v[len(v)-1].Redis)
	b.ReportAllocs()
	for range b.N {
		if _, _, err := Decode(data, wide); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	v := vectors(b)
	text := string(v[len(v)-1].Data)
	var dst []byte
	b.ReportAllocs()
	for range b.N {
		var err error
		if dst, err = Append(dst[:0], text); err != nil {
			b.Fatal(err)
		}
	}
}

// unbase64 is for what Python prints.
func unbase64(t *testing.T, s string) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A byte that costs much more than a byte is bounded too: places in the memo,
// marks.
func TestDecodeBoundsWhatMakesNoValue(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		data string
		want error
	}{
		"memo":            {"}" + strings.Repeat("\x94", 101) + ".", errTooLarge},
		"memo by number":  {"}" + numbered(101) + ".", errTooLarge},
		"marks":           {"}" + strings.Repeat("(", 12) + ".", errTooDeep},
		"as much as goes": {strings.Repeat("(", 10) + strings.Repeat("t\x94", 10) + ".", nil},
	} {
		if _, _, err := Decode(tt.data, Limits{Size: 1 << 10, Depth: 10, Values: 100}); !errors.Is(err, tt.want) {
			t.Errorf("%s: got error %v, want %v", name, err, tt.want)
		}
	}
}

// numbered puts the top of the stack into that many places.
func numbered(places byte) string {
	var b strings.Builder
	for i := range places {
		b.WriteString("q" + string([]byte{i}))
	}
	return b.String()
}
