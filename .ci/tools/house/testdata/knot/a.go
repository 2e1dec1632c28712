package knot

// A needs b.go.
type A struct{ b B }

func (a A) Exported() int { return a.b.help() }
