package main

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// errHasher: some other hasher of Django's made the password field.
var errHasher = errors.New("the password was not hashed with pbkdf2_sha256, Django's default: Django has to check it")

// checkPassword checks a password against a password field of Django's:
// pbkdf2_sha256$ITERATIONS$SALT$HASH. An account without a password, whose field
// begins with an exclamation mark, has none that is right.
func checkPassword(field, password string) (bool, error) {
	if strings.HasPrefix(field, "!") {
		return false, nil
	}
	parts := strings.Split(field, "$")
	if len(parts) != 4 || parts[0] != "pbkdf2_sha256" {
		return false, errHasher
	}
	iterations, err := strconv.Atoi(parts[1])
	if err != nil || iterations < 1 {
		return false, errHasher
	}
	want, err := base64.StdEncoding.DecodeString(parts[3])
	if err != nil || len(want) != sha256.Size {
		return false, errHasher
	}
	got, err := pbkdf2.Key(sha256.New, password, []byte(parts[2]), iterations, len(want))
	if err != nil {
		return false, fmt.Errorf("checking a password: %w", err)
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
