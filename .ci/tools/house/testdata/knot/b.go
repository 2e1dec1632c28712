package knot

// B needs c.go.
type B struct{ c C }

func (b B) help() int { return b.c.n }

func (a A) elsewhere() int { return 0 }
