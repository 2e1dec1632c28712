package core_test

import "github.com/djinn-go/djinn/core"

// must returns v, for constructors that cannot fail with what a test gives them.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// configured returns store after it was told s, as core.New tells it.
func configured[S core.Configurer](store S, s core.Settings) S {
	if err := store.Configure(s); err != nil {
		panic(err)
	}
	return store
}
