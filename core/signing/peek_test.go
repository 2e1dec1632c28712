package signing_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core/signing"
)

func TestPeek(t *testing.T) {
	t.Parallel()
	payload := `{"a":"` + strings.Repeat("x", 500) + `"}`
	at := time.Unix(1700000000, 0).UTC()
	for _, deflate := range []bool{false, true} {
		text := signing.New("secret", "salt").Dump([]byte(payload), at, deflate)
		got, stamp, err := signing.Peek(text, 1000)
		if err != nil || string(got) != payload || !stamp.Equal(at) {
			t.Errorf("Peek, deflated %t: got %d bytes, %v, %v; want %d bytes, %v", deflate, len(got), stamp, err, len(payload), at)
		}
		if _, _, err := signing.Peek(text, 499); !errors.Is(err, signing.ErrTooLarge) {
			t.Errorf("Peek at a payload over the limit, deflated %t: got %v, want ErrTooLarge", deflate, err)
		}
	}
	for _, text := range []string{"", "x", "e30:x", "e30::x", ":::", "e30:!:x", ".AAAA:1:x"} {
		if _, _, err := signing.Peek(text, 1000); !errors.Is(err, signing.ErrMalformed) {
			t.Errorf("Peek(%q): got %v, want ErrMalformed", text, err)
		}
	}
	if _, _, err := signing.Peek(strings.Repeat("a", 10_000), 1000); !errors.Is(err, signing.ErrTooLarge) {
		t.Errorf("Peek at 10,000 bytes with a limit of 1000: got %v, want ErrTooLarge", err)
	}
}
