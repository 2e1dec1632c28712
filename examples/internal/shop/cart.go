// Package shop is the little that the examples sell, and the cart they keep in
// the session. It knows nothing of sessions: a cart is a plain value.
package shop

import (
	"slices"
	"strings"
)

// Item is something to buy. Prices are in cents.
type Item struct {
	ID, Name, Note string
	Cents          int
}

// Items is the whole shop.
var Items = []Item{
	{"lamp", "Oil lamp", "Brass. Rub with care.", 2900},
	{"carpet", "Flying carpet", "Seats two, no stopover.", 49900},
	{"tea", "Mint tea", "Keeps hot through two refactorings.", 450},
}

// Line is one line of a cart.
type Line struct {
	ID       string `json:"id"`
	Quantity int    `json:"quantity"`
}

// maxQuantity is how many of one item a cart holds.
const maxQuantity = 99

// Cart is what somebody is about to buy, in the order they thought of it. Its
// methods return a new cart and leave the old one alone, so that a session can
// run them again on fresh data.
type Cart []Line

// Known reports whether the shop has such an item.
func Known(id string) bool {
	return slices.ContainsFunc(Items, func(it Item) bool { return it.ID == id })
}

// Add returns the cart with one more of the item.
func (c Cart) Add(id string) Cart {
	c = slices.Clone(c)
	i := c.index(id)
	if i < 0 {
		return append(c, Line{ID: id, Quantity: 1})
	}
	c[i].Quantity = min(c[i].Quantity+1, maxQuantity)
	return c
}

// Remove returns the cart with one less of the item.
func (c Cart) Remove(id string) Cart {
	c = slices.Clone(c)
	i := c.index(id)
	if i < 0 {
		return c
	}
	if c[i].Quantity--; c[i].Quantity < 1 {
		return slices.Delete(c, i, i+1)
	}
	return c
}

// Quantity is how many of the item are in the cart.
func (c Cart) Quantity(id string) int {
	if i := c.index(id); i >= 0 {
		return c[i].Quantity
	}
	return 0
}

// Count is how many things are in the cart.
func (c Cart) Count() int {
	n := 0
	for _, line := range c {
		n += line.Quantity
	}
	return n
}

// Cents is what it costs.
func (c Cart) Cents() int {
	sum := 0
	for _, it := range Items {
		sum += it.Cents * c.Quantity(it.ID)
	}
	return sum
}

func (c Cart) index(id string) int {
	return slices.IndexFunc(c, func(l Line) bool { return l.ID == id })
}

// maxName is the length of the longest user name, in bytes.
const maxName = 60

// UserName tidies up what somebody typed into the log-in form. Any name will do;
// a real program asks for a password here.
func UserName(typed string) (name string, ok bool) {
	name = strings.Join(strings.Fields(strings.ToValidUTF8(typed, "")), " ")
	return name, name != "" && len(name) <= maxName
}
