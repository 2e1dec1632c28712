module github.com/djinn-go/djinn/gormstore

go 1.24.0

require github.com/djinn-go/djinn v0.0.0

replace github.com/djinn-go/djinn => ..
