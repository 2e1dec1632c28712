module knot

go 1.24
