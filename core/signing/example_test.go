package signing_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/djinn-go/djinn/core/signing"
)

// What a Django site with the same SECRET_KEY writes into session_data.
func Example() {
	signer := signing.New("x", "django.contrib.sessions.SessionStore")
	text := signer.Dump([]byte(`{}`), time.Unix(0, 0), false)
	fmt.Println(text)

	payload, sig, err := signer.Load(text, 1<<20)
	fmt.Printf("%s %v %v\n", payload, sig.SignedAt, err)
	// Output:
	// e30:0:qro_7WQTjIW1qNtbfvrf3JaY4aSkFHOKMGy0RAjKtuM
	// {} 1970-01-01 00:00:00 +0000 UTC <nil>
}

// A SECRET_KEY is replaced without logging anybody out: the old one verifies for a while.
func ExampleNew() {
	old := signing.New("old key", "my.salt")
	signer := signing.New("new key", "my.salt", "old key")

	_, sig, err := signer.Load(old.Dump([]byte("x"), time.Now(), false), 1<<20)
	fmt.Println(sig.Fallback, err)

	_, _, err = old.Load(signer.Dump([]byte("x"), time.Now(), false), 1<<20)
	fmt.Println(errors.Is(err, signing.ErrBadSignature))
	// Output:
	// 1 <nil>
	// true
}

func ExampleSigner_Unsign() {
	signer := signing.New("x", "django.core.signing.Signer")
	value, err := signer.Unsign(signer.Sign("My string"))
	fmt.Println(value, err)
	// Output: My string <nil>
}
