// Package django holds djinn to Django's own session tests: each requirement of
// that suite is a Go test here, run on every back end, or a stated reason why Go
// has no such thing. The places where djinn differs from Django on purpose are
// pinned too.
//
// The page docs/django-requirements.md is made from the same tables as the tests.
// After changing one, write it again:
//
//	go test -run TestPage ./gormstore/dbtest/django -update
package django
