module github.com/djinn-go/djinn

go 1.24.0
