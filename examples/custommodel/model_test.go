package main

import (
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core/sessiontest"
)

func TestFillSession(t *testing.T) {
	t.Parallel()
	for id, want := range map[any]int64{"42": 42, nil: 0} {
		items, err := sessiontest.Values("message", "hello")
		if id != nil {
			items, err = sessiontest.Values("_auth_user_id", id)
		}
		if err != nil {
			t.Fatal(err)
		}
		var row DeviceSession
		if err := row.FillSession(t.Context(), items); err != nil {
			t.Fatal(err)
		}
		if got := row.AccountID; (got == nil) != (want == 0) || got != nil && *got != want {
			t.Errorf("%v: got account_id %v, want %d", id, got, want)
		}
	}
	items, err := sessiontest.Values("_auth_user_id", "jasmine")
	if err != nil {
		t.Fatal(err)
	}
	err = new(DeviceSession).FillSession(t.Context(), items)
	if err == nil || !strings.Contains(err.Error(), "account_id") || strings.Contains(err.Error(), "jasmine") {
		t.Errorf("an ID that is no number: got %v, want an error that names the column and not the ID", err)
	}
}

func TestDeviceLimit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 0, "1": 1, "25": 25} {
		if got, err := deviceLimit(text); got != want || err != nil {
			t.Errorf("%q: got %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"0", "-1", "three", "1.5"} {
		if _, err := deviceLimit(text); err == nil || !strings.Contains(err.Error(), "DEVICE_LIMIT") {
			t.Errorf("%q: got %v, want an error that names DEVICE_LIMIT", text, err)
		}
	}
}
