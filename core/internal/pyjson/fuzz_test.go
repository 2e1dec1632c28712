package pyjson

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// vectorTexts are the JSON texts that Django wrote.
func vectorTexts(tb testing.TB) []string {
	tb.Helper()
	raw, err := os.ReadFile("../../testdata/vectors.json")
	if err != nil {
		tb.Fatal(err)
	}
	var vectors struct{ Session []struct{ JSON string } }
	if err := json.Unmarshal(raw, &vectors); err != nil {
		tb.Fatal(err)
	}
	var texts []string
	for _, v := range vectors.Session {
		texts = append(texts, v.JSON)
	}
	if len(texts) < 30 {
		tb.Fatalf("%d vectors, want at least 30", len(texts))
	}
	return texts
}

func FuzzSplit(f *testing.F) {
	for _, text := range vectorTexts(f) {
		f.Add(text)
	}
	for _, text := range []string{tenItems, "{\"\xe9\\\\\":\"\\ud800\xff\"}", `{"a":1,"\u0061":NaN}`, `{"a":[[[[{}]]]]}`, `{"a":01}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		items, err := Split(text, wide)
		if err != nil {
			if !strings.ContainsFunc(text, func(r rune) bool { return r > '~' }) && isObject(text) {
				t.Fatalf("Split(%q): %v, but encoding/json reads it", text, err)
			}
			return
		}
		out := AppendObject(nil, items)
		if slices.ContainsFunc(out, func(c byte) bool { return c >= 0x80 }) {
			t.Fatalf("AppendObject(Split(%q)) = %q, want ASCII", text, out)
		}
		again, err := Split(string(out), wide)
		if err != nil || !slices.Equal(again, items) {
			t.Fatalf("Split(%q) = %q, then Split(%q) = %q, %v", text, items, out, again, err)
		}
		compareWithGo(t, out, items)
	})
}

func isObject(text string) bool {
	var dict map[string]json.RawMessage
	return json.Unmarshal([]byte(text), &dict) == nil && dict != nil && !strings.Contains(text, strings.Repeat("[", 200)) && len(text) < 10000
}

// compareWithGo decodes what is JSON for encoding/json too with both.
func compareWithGo(t *testing.T, object []byte, items []Member) {
	t.Helper()
	for _, m := range items {
		got, err := Decode(m.Text)
		if err != nil {
			t.Fatalf("Decode(%q), which Split took: %v", m.Text, err)
		}
		if !json.Valid([]byte(m.Text)) {
			s := scanner{text: m.Text}
			if s.skip(MaxDepth); !s.special {
				t.Fatalf("Split(%q) took %q, which encoding/json refuses", object, m.Text)
			}
			continue
		}
		dec := json.NewDecoder(strings.NewReader(m.Text))
		dec.UseNumber()
		var want any
		if err := dec.Decode(&want); err != nil {
			t.Fatalf("encoding/json, %q: %v", m.Text, err)
		}
		if want = convert(want); !reflect.DeepEqual(got, want) {
			t.Fatalf("Decode(%q) = %#v, encoding/json says %#v", m.Text, got, want)
		}
	}
}

// convert replaces json.Number by the type that Decode chooses.
func convert(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		if strings.ContainsAny(string(v), ".eE") {
			return parseFloat(string(v))
		}
	case []any:
		for i := range v {
			v[i] = convert(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = convert(v[k])
		}
	}
	return v
}

func FuzzDecode(f *testing.F) {
	for _, text := range vectorTexts(f) {
		f.Add(text)
	}
	for _, text := range []string{`1e400`, `-0`, `NaN`, `"\ud83d\ude00\udc00"`, "\"\xe9\"", `[[],{}]`, `[1,]`, `{"a":1,}`, ` 1 `} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Decode(text)
		if valid := check(text); valid != (err == nil) {
			t.Fatalf("Decode(%q): %v, but the scanner says valid = %t", text, err, valid)
		}
		for _, dst := range []any{new(string), new(int), new(float64), new(bool), new(any), new([]string), new(map[string]any), new([]int), new(point)} {
			if e := Unmarshal(text, dst); e == nil && err != nil {
				t.Fatalf("Unmarshal(%q, %T): no error, but Decode says %v", text, dst, err)
			}
		}
		if err != nil {
			return
		}
		once, err := Append(nil, v)
		if err != nil {
			t.Fatalf("Append(Decode(%q)): %v", text, err)
		}
		back, err := Decode(string(once))
		if err != nil {
			t.Fatalf("Decode(%q), which Append wrote: %v", once, err)
		}
		if twice, err := Append(nil, back); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("Append(Decode(%q)) = %q, %v, want the same text", once, twice, err)
		}
	})
}

func check(text string) bool {
	text, err := latin1(text)
	s := scanner{text: text}
	return err == nil && s.skip(MaxDepth) == nil && s.end() == nil
}

// Everything Django wrote comes back to the letter.
func TestVectorsRoundTrip(t *testing.T) {
	t.Parallel()
	for _, text := range vectorTexts(t) {
		items, err := Split(text, wide)
		if err != nil {
			t.Errorf("Split(%q): %v", text, err)
			continue
		}
		if got := string(AppendObject(nil, items)); got != text {
			t.Errorf("AppendObject(Split(%q)) = %q", text, got)
		}
	}
}
