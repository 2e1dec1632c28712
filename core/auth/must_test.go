package auth_test

// must returns v, for constructors that cannot fail with what a test gives them.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
