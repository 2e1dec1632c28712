package main

import (
	"errors"
	"testing"
)

// Made by django.contrib.auth.hashers.make_password("Sésame", "salt", …).
const sesame = "pbkdf2_sha256$1000$salt$Ss7Ei+cJR98QHlf4iBO2dIp9imTzRXP7DX8S3p99raU="

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		field, password string
		want            bool
		err             error
	}{
		{sesame, "Sésame", true, nil},
		{sesame, "Sesame", false, nil},
		{sesame, "", false, nil},
		{"!nobody-can-log-in", "Sésame", false, nil},
		{"!", "", false, nil},
		{"", "", false, errHasher},
		{"argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdA$aGFzaA", "Sésame", false, errHasher},
		{"pbkdf2_sha1$1000$salt$HASH", "Sésame", false, errHasher},
		{"pbkdf2_sha256$-1$salt$aGFzaA==", "Sésame", false, errHasher},
		{"pbkdf2_sha256$1000$salt$aGFzaA==", "Sésame", false, errHasher},
		{"pbkdf2_sha256$1000$salt$", "Sésame", false, errHasher},
	} {
		got, err := checkPassword(tc.field, tc.password)
		if got != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("%q for %q: got %t, %v, want %t, %v", tc.password, tc.field, got, err, tc.want, tc.err)
		}
	}
}
