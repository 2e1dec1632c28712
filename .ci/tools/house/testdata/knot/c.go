package knot

// C is needed by all, and needs nobody.
type C struct{ n int }
