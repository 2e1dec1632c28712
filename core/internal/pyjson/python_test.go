package pyjson

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// askPython runs a Python program on a list of texts, and returns its list.
func askPython(t *testing.T, program string, texts []string) []string {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("DJINN_REQUIRE_SERVICES") == "1" {
			t.Fatal("DJINN_REQUIRE_SERVICES=1, but there is no python3 in the PATH")
		}
		t.Skip("there is no python3 in the PATH to compare with")
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", program)
	cmd.Stdin = strings.NewReader(string(in))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python3: %v", err)
	}
	var answers []string
	if err := json.Unmarshal(out, &answers); err != nil || len(answers) != len(texts) {
		t.Fatalf("python3 gave %d answers to %d texts, %v", len(answers), len(texts), err)
	}
	return answers
}

// rewrite reads each text as Django reads a session, and writes it again. A text
// that is no object gives "".
const rewrite = `
import json, sys
def rewrite(text):
    try:
        v = json.loads(text.encode('latin-1').decode('latin-1'))
    except (ValueError, RecursionError):
        return ''
    return json.dumps(v, separators=(',', ':')) if isinstance(v, dict) else ''
print(json.dumps([rewrite(t) for t in json.load(sys.stdin)]))
`

// TestPythonReadsTheSame changes what Django wrote at random and compares what
// both sides take and what they make of it.
func TestPythonReadsTheSame(t *testing.T) {
	t.Parallel()
	const alphabet = "{}[]\",:\\/ub0123456789abcdefDC8.eE+-NIantrufls \t\n\r\v\x00\x1f\x7f\u00e9\u00ff"
	letters := []rune(alphabet)
	rnd := rand.New(rand.NewPCG(1, 2))
	var texts []string
	for _, text := range vectorTexts(t) {
		texts = append(texts, text)
		if len(text) > 600 {
			continue
		}
		for range 150 {
			changed := []rune(text)
			for range 1 + rnd.IntN(3) {
				i := rnd.IntN(len(changed))
				switch r := letters[rnd.IntN(len(letters))]; rnd.IntN(3) {
				case 0:
					changed[i] = r
				case 1:
					changed = append(changed[:i], append([]rune{r}, changed[i:]...)...)
				case 2:
					changed = append(changed[:i], changed[i+1:]...)
				}
				if len(changed) == 0 {
					break
				}
			}
			texts = append(texts, string(changed))
		}
	}
	valid := 0
	for i, want := range askPython(t, rewrite, texts) {
		items, err := Split(toLatin1(texts[i]), wide)
		if (err == nil) != (want != "") {
			t.Errorf("Split(%q): error %v, Python says %q", texts[i], err, want)
			continue
		}
		if err != nil {
			continue
		}
		valid++
		if got := canonical(t, items); got != want {
			t.Errorf("%q is %s, Python says %s", texts[i], got, want)
		}
	}
	if valid < 500 || valid == len(texts) {
		t.Errorf("%d of %d texts are valid: the test proves nothing", valid, len(texts))
	}
}

// toLatin1 makes each character one byte.
func toLatin1(s string) string {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

// canonical writes items as Python does that read them: every value decoded.
func canonical(t *testing.T, items []Member) string {
	t.Helper()
	var out []Member
	for _, m := range items {
		text, err := rewriteValue(m.Text)
		if err != nil {
			t.Fatalf("rewriteValue(%q): %v", m.Text, err)
		}
		out = append(out, Member{m.Name, text})
	}
	return string(AppendObject(nil, out))
}

// rewriteValue is Python's loads and dumps made of the parts of this package: the
// order of names in objects and lone surrogates stay, numbers get their one form.
func rewriteValue(text string) (string, error) {
	switch text[0] {
	case '{':
		items, err := Split(text, wide)
		for i := range items {
			if items[i].Text, err = rewriteValue(items[i].Text); err != nil {
				return "", err
			}
		}
		return string(AppendObject(nil, items)), err
	case '[':
		s := scanner{text: text, pos: 1}
		var parts []string
		for s.space(); s.peek() != ']'; s.space() {
			if s.peek() == ',' {
				s.pos++
				s.space()
			}
			start := s.pos
			if err := s.skip(MaxDepth); err != nil {
				return "", err
			}
			part, err := rewriteValue(text[start:s.pos])
			if err != nil {
				return "", err
			}
			parts = append(parts, part)
		}
		return "[" + strings.Join(parts, ",") + "]", nil
	case '"':
		out, err := respell(nil, text, 0)
		return string(out), err
	}
	v, err := Decode(text)
	if err != nil {
		return "", err
	}
	out, err := Append(nil, v)
	return string(out), err
}

func TestPythonWritesFloatsTheSame(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	var texts []string
	for i := range 20_000 {
		f := math.Float64frombits(rnd.Uint64())
		switch i % 4 {
		case 0:
			f = math.Round(rnd.Float64()*1e6) / 100
		case 1:
			f = math.Pow10(rnd.IntN(44)-22) * float64(rnd.IntN(100))
		}
		if f == f && f-f == 0 {
			texts = append(texts, string(appendFloat(nil, f, 64)))
		}
	}
	const program = `
import json, sys
print(json.dumps([json.dumps(float(t)) for t in json.load(sys.stdin)]))
`
	for i, want := range askPython(t, program, texts) {
		if texts[i] != want {
			t.Errorf("appendFloat wrote %s, Python writes %s", texts[i], want)
		}
	}
}
