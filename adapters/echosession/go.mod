module github.com/djinn-go/djinn/adapters/echosession

go 1.25.0

require github.com/djinn-go/djinn v0.0.0

replace github.com/djinn-go/djinn => ../..
