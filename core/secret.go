package core

import (
	"fmt"
	"log/slog"
)

// Secret is a string that does not print: not with any verb, not in slog, not as
// JSON. Convert it with string(s) where its text is needed.
type Secret string

const redacted = "[redacted]"

// Format prints a placeholder for every verb.
func (Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// LogValue is what slog prints: a placeholder.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText keeps the secret out of JSON and the like: a placeholder.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
