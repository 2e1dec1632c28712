package rediscache_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/adapters/rediscache"
)

// A nil client is noticed at the start, and not by the first visitor.
func TestNewWithoutClient(t *testing.T) {
	t.Parallel()
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "redis.NewClient") {
			t.Errorf("New(nil): got %q, want a panic with the cure", got)
		}
	}()
	rediscache.New(nil)
}
