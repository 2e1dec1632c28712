module github.com/djinn-go/djinn/examples

go 1.25.0

require github.com/djinn-go/djinn v0.0.0

replace github.com/djinn-go/djinn => ..

replace (
	github.com/djinn-go/djinn/adapters/chisession => ../adapters/chisession
	github.com/djinn-go/djinn/adapters/echosession => ../adapters/echosession
	github.com/djinn-go/djinn/adapters/ginsession => ../adapters/ginsession
	github.com/djinn-go/djinn/gormstore => ../gormstore
)
