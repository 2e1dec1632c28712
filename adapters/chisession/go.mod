module github.com/djinn-go/djinn/adapters/chisession

go 1.24.0

require (
	github.com/djinn-go/djinn v0.0.0
	github.com/go-chi/chi/v5 v5.4.0
)

replace github.com/djinn-go/djinn => ../..
