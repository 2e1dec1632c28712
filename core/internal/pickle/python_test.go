package pickle

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// askPython runs a Python program on a list of texts, and decodes what it prints
// into answer.
func askPython(t *testing.T, program string, texts []string, answer any) {
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
	if err := json.Unmarshal(out, answer); err != nil {
		t.Fatalf("python3 answered %.200q: %v", out, err)
	}
}

// written is a value pickled by Python, and what json.dumps makes of it.
type written struct {
	Pickles []string // base64, one for each protocol, by both of Python's picklers
	JSON    string
}

// dumps pickles the values of Python expressions in all ways there are.
const dumps = `
import base64, collections, datetime, decimal, io, json, pickle, sys
def dumps(expr):
    v = eval(expr)
    out = []
    for protocol in range(6):
        for module in (pickle._Pickler, pickle.Pickler):
            f = io.BytesIO()
            module(f, protocol).dump(v)
            out.append(base64.b64encode(f.getvalue()).decode())
    try:
        text = json.dumps(v, separators=(',', ':'))
    except (TypeError, ValueError):
        text = ''
    return {'pickles': out, 'json': text}
print(json.dumps([dumps(e) for e in json.load(sys.stdin)]))
`

func TestPythonWrites(t *testing.T) {
	t.Parallel()
	exprs := []string{
		`{}`, `None`, `{'a': (1, (2, 3), (4, 5, 6), (7, 8, 9, 10), ())}`,
		`{'t': True, 'f': False, 'n': None, 'd': {'x': [[], {}, [1.5, -0.0, 1e400, float('nan')]]}}`,
		`{1: 'int', 2.5: 'float', None: 'none', True: 'bool', -7: 'neg'}`,
		`[2**n for n in range(0, 300, 7)] + [-2**n for n in range(0, 300, 7)] + [-2**n - 1 for n in range(300)]`,
		`[10**4299, -10**4299, 2**2050]`,
		`['é', '日本', '😀', '\ud800', '\udfff x', '\0\n\r\\u00e9\\', '\x7f\x80\xff']`,
		`['x' * n for n in (0, 1, 255, 256, 70000)]`,
		`(lambda s: {'a': s, 'b': s, 'c': [s, s]})('shared')`,
		`(lambda l: [l, l, {'l': l}])([1, 'two'])`,
		`list(range(3000))`, `{str(i): [i] for i in range(3000)}`,
		`[i / 7 for i in range(500)]`,
	}
	var answers []written
	askPython(t, dumps, exprs, &answers)
	if len(answers) != len(exprs) {
		t.Fatalf("python3 gave %d answers to %d questions", len(answers), len(exprs))
	}
	for i, a := range answers {
		for j, p := range a.Pickles {
			got, rest, err := Decode(unbase64(t, p), wide)
			if err != nil || rest != "" || got != a.JSON {
				t.Errorf("%s, protocol %d: got %.200s, rest %q, %v, want %.200s", exprs[i], j/2, got, rest, err, a.JSON)
			}
		}
	}
}

func TestPythonWritesWhatIsRefused(t *testing.T) {
	t.Parallel()
	exprs := []string{
		`b'bytes'`, `{'a': b''}`, `bytearray(b'x')`, `{1, 2}`, `frozenset([1])`, `datetime.date(2026, 1, 1)`,
		`datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)`, `decimal.Decimal('1.5')`, `1j`, `range(3)`,
		`collections.OrderedDict(a=1)`, `print`, `int`, `collections.Counter('ab')`, `{(1, 2): 3}`,
		`(lambda l: l.append(l) or l)([])`,
	}
	var answers []written
	askPython(t, dumps, exprs, &answers)
	for i, a := range answers {
		for j, p := range a.Pickles {
			if got, _, err := Decode(unbase64(t, p), wide); err == nil {
				t.Errorf("%s, protocol %d: got %s, want an error", exprs[i], j/2, got)
			}
		}
	}
}

// loads reads pickles with both of Python's unpicklers.
const loads = `
import base64, io, json, pickle, sys
def loads(p):
    b = base64.b64decode(p)
    v, w = (json.dumps(m(io.BytesIO(b)).load(), separators=(',', ':')) for m in (pickle._Unpickler, pickle.Unpickler))
    assert v == w, (v, w)
    assert v == json.dumps(pickle.loads(b + b'what Python ignores'), separators=(',', ':'))
    return v
sys.setrecursionlimit(5000)
print(json.dumps([loads(p) for p in json.load(sys.stdin)]))
`

func TestPythonReads(t *testing.T) {
	t.Parallel()
	var pickles []string
	for _, text := range roundTrips {
		p, err := Append(nil, text)
		if err != nil {
			t.Fatal(err)
		}
		pickles = append(pickles, base64.StdEncoding.EncodeToString(p))
	}
	var answers []string
	askPython(t, loads, pickles, &answers)
	for i, got := range answers {
		if got != roundTrips[i] {
			t.Errorf("Python reads %.200s, want %.200s", got, roundTrips[i])
		}
	}
}
