package pyjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"
)

type (
	point struct {
		X    int     `json:"x"`
		Name string  `json:"name,omitempty"`
		F    float64 `json:"f"`
	}
	role    string
	score   float64
	id      [2]byte
	upper   string             // a TextMarshaler
	pointer struct{ s string } // a Marshaler with a pointer receiver
	broken  struct{ secret string }
	spaced  struct{}
	node    struct{ Next *node }
	loop    *loop
)

func (u upper) MarshalText() ([]byte, error)    { return []byte(strings.ToUpper(string(u))), nil }
func (p *pointer) MarshalJSON() ([]byte, error) { return json.Marshal("p:" + p.s) }
func (b broken) MarshalJSON() ([]byte, error)   { return nil, &brokenError{b.secret} }
func (spaced) MarshalJSON() ([]byte, error) {
	return []byte(" { \"é\\/<\" : [ 1.0 , \"\\u003c\" ] } "), nil
}

type brokenError struct{ secret string }

func (e *brokenError) Error() string { return "cannot write " + e.secret }

func TestAppend(t *testing.T) {
	t.Parallel()
	var (
		nilPointer *pointer
		nilMap     map[string]any
		number     = 7
		zone       = time.FixedZone("", 3600)
	)
	tests := []struct {
		why  string
		in   any
		want string
	}{
		{"nil", nil, `null`},
		{"bool", true, `true`},
		{"ints", []any{1, int8(-2), int16(3), int32(4), int64(math.MinInt64), uint(5), uint8(6), uint16(7), uint32(8), uint64(math.MaxUint64)}, `[1,-2,3,4,-9223372036854775808,5,6,7,8,18446744073709551615]`},
		{"floats", []any{1.0, 0.5, float32(0.1), score(2), math.NaN(), math.Inf(-1)}, `[1.0,0.5,0.1,2.0,NaN,-Infinity]`},
		{"typed floats", []float64{1, 1e16}, `[1.0,1e+16]`},
		{"string", "é<b>&😀", `"\u00e9<b>&\ud83d\ude00"`},
		{"named string", role("admin"), `"admin"`},
		{"json.Number", []any{json.Number("1.0"), json.Number("123456789012345678901234567890"), json.Number("")}, `[1.0,123456789012345678901234567890,0]`},
		{"typed json.Number", []json.Number{"1", "1E5"}, `[1,1E5]`},
		{"json.RawMessage", json.RawMessage(" { \"b\" : 1.0, \"a\" : \"é\" } "), `{"b":1.0,"a":"\u00e9"}`},
		{"nil json.RawMessage", json.RawMessage(nil), `null`},
		{"strings", []string{"a", "\x7f"}, `["a","\u007f"]`},
		{"no strings", []string{}, `[]`},
		{"nil slices", []any{[]string(nil), []any(nil), []int(nil), []byte(nil)}, `[null,null,null,null]`},
		{"nil maps", []any{nilMap, map[int]int(nil)}, `[null,null]`},
		{"maps are sorted", map[string]any{"b": 1, "a": map[string]any{}, "é": nil}, `{"a":{},"b":1,"\u00e9":null}`},
		{"maps with other keys", []any{map[int]bool{10: true, 9: false}, map[uint8]int{1: 1}, map[role]int{"r": 1}}, `[{"10":true,"9":false},{"1":1},{"r":1}]`},
		{"pointers", []any{&number, nilPointer, new(*int)}, `[7,null,null]`},
		{"interfaces", []fmt.Stringer{time.Second, nil}, `[1000000000,null]`},
		{"bytes", []byte{0xfb, 0xff, 0}, `"+/8A"`},
		{"arrays", [2]id{{1, 2}, {3, 4}}, `[[1,2],[3,4]]`},
		{"time", time.Date(2025, 3, 4, 5, 6, 7, 0, zone), `"2025-03-04T05:06:07+01:00"`},
		{"big integer", new(big.Int).Exp(big.NewInt(10), big.NewInt(30), nil), `1000000000000000000000000000000`},
		{"text marshalers", []any{upper("a<é"), []upper{"b"}, map[upper]int{"c": 1}}, `["A<\u00c9",["B"],{"c":1}]`},
		{"marshaler with spaces", spaced{}, `{"\u00e9/<":[1.0,"<"]}`},
		{"pointer receiver in a slice", []pointer{{"a"}}, `["p:a"]`},
		{"pointer receiver in a map", map[string]*pointer{"k": {"a"}}, `{"k":"p:a"}`},
		{"struct", point{X: 1, Name: "<é\u2028>", F: 1}, `{"x":1,"name":"<\u00e9\u2028>","f":1}`},
		{"structs", []*point{{X: 2}}, `[{"x":2,"f":0}]`},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			t.Parallel()
			got, err := Append([]byte("x"), tt.in)
			if err != nil || string(got) != "x"+tt.want {
				t.Errorf("Append(x, %#v) = %s, %v, want x%s", tt.in, got, err, tt.want)
			}
			if _, err := Decode(tt.want); err != nil {
				t.Errorf("Decode(%s): %v", tt.want, err)
			}
		})
	}
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	list := []any{secret, nil}
	list[1] = list
	dict := map[string]any{secret: nil}
	dict[secret] = dict
	typed := map[string]map[string]any{secret: {}}
	typed[secret][secret] = typed
	ring := &node{}
	ring.Next = ring
	var self loop
	self = &self
	var face any
	face = &face
	deep := any(secret)
	for range MaxDepth + 1 {
		deep = []any{deep}
	}
	chain := &node{}
	for range MaxDepth + 1 {
		chain = &node{chain}
	}
	tests := []struct {
		why  string
		in   any
		want string // in the error
	}{
		{"channel", make(chan string), "chan string"},
		{"function", map[string]any{secret: func() {}}, "func()"},
		{"complex", []any{secret, 1i}, "complex128"},
		{"map key", map[bool]string{true: secret}, "bool"},
		{"channel in a struct", struct{ S, C any }{secret, make(chan int)}, "chan int"},
		{"cycle of slices", list, "cycle"},
		{"cycle of maps", dict, "cycle"},
		{"cycle of typed maps", typed, "cycle"},
		{"cycle of structs", ring, "cycle"},
		{"cycle of pointers", self, "cycle"},
		{"cycle of interfaces", face, "cycle"},
		{"too deep", deep, "512 levels"},
		{"structs too deep", chain, "512 levels"},
		{"NaN in a struct", point{F: math.NaN(), Name: secret}, "NaN"},
		{"junk in a json.Number", json.Number(secret), "json.Number"},
		{"junk in a typed json.Number", []json.Number{secret}, "json.Number"},
		{"infinity in a json.Number", json.Number("-Infinity"), "json.Number"},
		{"junk in a struct's json.Number", struct{ N json.Number }{secret}, "struct"},
		{"junk in a json.RawMessage", json.RawMessage(secret), "byte 0"},
		{"two values in a json.RawMessage", json.RawMessage("1 2"), "follows"},
		{"deep json.RawMessage", json.RawMessage(strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1)), "512 levels"},
		{"marshaler", broken{secret}, "pyjson.broken"},
		{"marshaler in a struct", struct{ B broken }{broken{secret}}, "pyjson.broken"},
		{"junk of a marshaler in a struct", struct{ R json.RawMessage }{json.RawMessage(secret)}, "json.RawMessage"},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			t.Parallel()
			got, err := Append([]byte("x"), tt.in)
			if err == nil || string(got) != "x" {
				t.Fatalf("Append = %.50s, %v, want x and an error", got, err)
			}
			if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), secret) || len(err.Error()) > 200 {
				t.Errorf("Append: error %q, want a short one that has %q and quotes no value", err, tt.want)
			}
		})
	}
}

func TestAppendKeepsTheCauseInTheChain(t *testing.T) {
	t.Parallel()
	for _, v := range []any{broken{}, []any{struct{ B broken }{}}} {
		_, err := Append(nil, v)
		if cause := (*brokenError)(nil); !errors.As(err, &cause) {
			t.Errorf("Append(%T): error %v, want one that unwraps to the marshaler's own", v, err)
		}
	}
}

// What can be written can be read: the deepest value, in the object of a session.
func TestDepthsAgree(t *testing.T) {
	t.Parallel()
	v := any(1)
	for range MaxDepth {
		v = []any{v}
	}
	text, err := Append(nil, v)
	if err != nil {
		t.Fatalf("Append of %d levels: %v", MaxDepth, err)
	}
	items, err := Split(`{"a":`+string(text)+`}`, wide)
	if err != nil {
		t.Fatalf("Split: %v", err)
	}
	if _, err := Decode(items[0].Text); err != nil {
		t.Errorf("Decode: %v", err)
	}
	var got []any
	if err := Unmarshal(items[0].Text, &got); err != nil {
		t.Errorf("Unmarshal: %v", err)
	}
}

func TestAppendAllocations(t *testing.T) {
	dst := make([]byte, 0, 4096)
	for _, v := range []any{nil, true, 12345, int64(12345), 1.5, "é", []string{"a", "b"}, []any{1, "a"}, json.Number("12")} {
		if n := testing.AllocsPerRun(100, func() { dst, _ = Append(dst[:0], v) }); n > 0 {
			t.Errorf("Append(%T): %v allocations, want 0", v, n)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	dst := make([]byte, 0, 4096)
	for _, v := range []any{12345, 1.5, "Hello, wörld", map[string]any{"id": 1, "n": 2}, point{X: 1, Name: "a"}} {
		b.Run(fmt.Sprintf("%T", v), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dst, _ = Append(dst[:0], v)
			}
		})
	}
}
