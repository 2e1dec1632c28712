package shop_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/examples/internal/shop"
)

func ExampleCart() {
	var cart shop.Cart
	cart = cart.Add("lamp").Add("tea").Add("tea").Remove("lamp")
	fmt.Println(cart, cart.Count(), cart.Cents())
	// Output: [{tea 2}] 2 900
}

func TestCartLeavesTheOldOneAlone(t *testing.T) {
	t.Parallel()
	old := shop.Cart{{"lamp", 1}, {"tea", 2}}
	before := slices.Clone(old)
	_, _, _ = old.Add("lamp"), old.Remove("lamp"), old.Remove("tea")
	if !slices.Equal(old, before) {
		t.Errorf("got %v, want %v: a session runs a change again on what it was given", old, before)
	}
}

func TestCartIsBounded(t *testing.T) {
	t.Parallel()
	var cart shop.Cart
	for range 150 {
		cart = cart.Add("tea")
	}
	if got := cart.Quantity("tea"); got != 99 {
		t.Errorf("got %d, want 99", got)
	}
}

func TestUserName(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		" Ali \t Baba\n":        "Ali Baba",
		"Zoé":                   "Zoé",
		"bad\xffbyte":           "badbyte",
		"  ":                    "",
		strings.Repeat("n", 61): "",
	} {
		got, ok := shop.UserName(typed)
		if ok != (want != "") || ok && got != want {
			t.Errorf("UserName(%q): got %q, %t, want %q", typed, got, ok, want)
		}
	}
}
