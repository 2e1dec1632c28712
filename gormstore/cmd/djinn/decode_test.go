package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cookiestore"
)

// offline is a world without a database.
func offline() *world {
	return &world{database: &database{}, env: map[string]string{"SECRET_KEY": secretKey, "SECRET_KEY_FALLBACKS": olderKey + "\n" + fallbackKey}}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	w := offline()
	at := time.Now().Add(-time.Hour)
	// What a site keeps in the cookie itself.
	cookies, err := cookiestore.New()
	if err != nil {
		t.Fatal(err)
	}
	m, err := core.New(cookies, core.Config{SecretKey: fallbackKey})
	if err != nil {
		t.Fatal(err)
	}
	s := m.Open(t.Context(), "")
	s.Set("cart", []int{1, 2})
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, text, kind, by string
		args                 []string
	}{
		{"session data", sign(t, secretKey, "", someItems, at), "session data", "SECRET_KEY", nil},
		{"with an older key", sign(t, olderKey, "", someItems, at), "session data", "SECRET_KEY_FALLBACKS, number 1", nil},
		{"cookie", s.Key(), "signed cookie", "SECRET_KEY_FALLBACKS, number 2", nil},
		{"quoted, with a newline", `"` + s.Key() + "\"\n", "signed cookie", "SECRET_KEY_FALLBACKS, number 2", nil},
		{"a store with its own class", sign(t, secretKey, "django.contrib.sessions.MyStore", someItems, at), "session data", "SECRET_KEY", []string{"--salt", "django.contrib.sessions.MyStore"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w.runWith(t, tt.text, append([]string{"decode"}, tt.args...)...).
				want(t, 0, "kind       "+tt.kind+"\nsigned by  "+tt.by+"\n", "personal data").
				want(t, 0, "  cart = [1,2]\n", "personal data")
			got := decodeJSON[decoded](t, w.runWith(t, tt.text, append([]string{"decode", "--json"}, tt.args...)...).want(t, 0, "{", "").out)
			if got.Kind != tt.kind || got.SignedBy != tt.by || !strings.Contains(string(got.Items), `"cart":[1,2]`) || time.Since(got.SignedAt) > 2*time.Hour {
				t.Errorf("got %+v, want %s, signed by %s, with a cart", got, tt.kind, tt.by)
			}
		})
	}
	t.Run("forged", func(t *testing.T) {
		t.Parallel()
		text := sign(t, "another", "", someItems, at)
		w.runWith(t, text, "decode").want(t, exitFailed, "  cart = [1,2]\n", "none of SECRET_KEY and SECRET_KEY_FALLBACKS verifies this data")
		w.runWith(t, text, "decode", "--json").want(t, exitFailed, `"signed_by":"none of the keys"`, `{"error":`)
	})
	t.Run("encrypted", func(t *testing.T) {
		t.Parallel()
		w.runWith(t, "djinn1.AAAA", "decode").want(t, exitFailed, "", "encrypted cookie")
	})
}

// Nothing that is on standard input makes it crash, or hang, or take much memory.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dialectSQLite).migrate(t)
	bomb := sign(t, secretKey, "", `{"x":"`+strings.Repeat("0", 64<<20)+`"}`, time.Now())
	for name, tt := range map[string]struct {
		input string
		code  int
		want  string
	}{
		"nothing":       {"", exitUsage, "standard input is empty"},
		"blank":         {" \r\n\t", exitUsage, "standard input is empty"},
		"a word":        {"aladdin", exitFailed, "no session data"},
		"colons":        {strings.Repeat(":", 1000), exitFailed, "no session data"},
		"binary":        {"\x00\xff\x9b:\x00:\xfe", exitFailed, "no session data"},
		"a SQL string":  {"' OR 1=1 --", exitFailed, "no session data"},
		"a bomb":        {bomb, exitFailed, "too large"},
		"megabytes":     {strings.Repeat("A", 30<<20) + ":1:" + strings.Repeat("A", 43), exitFailed, "no session data"},
		"a deep object": {sign(t, secretKey, "", `{"x":`+strings.Repeat("[", 400)+strings.Repeat("]", 400)+`}`, time.Now()), 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := w.runWith(t, tt.input, "decode")
			if r.code != tt.code || !strings.Contains(r.err, tt.want) || strings.Contains(r.err, "goroutine") {
				t.Errorf("decode: got %d, %q, want %d, %q", r.code, r.err, tt.code, tt.want)
			}
			for _, command := range []string{"show", "revoke"} {
				if r := w.runWith(t, tt.input, command); r.code != exitUsage && r.code != exitNotFound && r.code != exitFailed || r.out != "" {
					t.Errorf("%s: got %d, %q, want an error", command, r.code, r.out)
				}
			}
		})
	}
}

// zeros are 100 MB.
type zeros struct{ left int }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), z.left)
	for i := range n {
		p[i] = '0'
	}
	z.left -= n
	return n, nil
}

func TestEndlessInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dialectSQLite).migrate(t)
	for _, command := range []string{"decode", "show", "revoke"} {
		input := &zeros{100 << 20}
		var out, errs bytes.Buffer
		cmd := w.command(t, command)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = input, &out, &errs
		_ = cmd.Run() // an error for what nobody read, or for the exit code
		w.check(t, result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}).want(t, exitFailed, "", "longer than any session")
		if input.left == 0 {
			t.Errorf("%s read all of it, want it to stop", command)
		}
	}
}
