// Package interop holds the tests in which one browser visits two sites that share
// its session: a real Django, and djinn. They run on each of Django's session
// engines, in both directions.
//
// The tests take the newest Django that they find on this machine. The whole
// matrix, with every version of Django that .ci/django can fetch, is written to
// docs/django-matrix.txt by
//
//	DJINN_DJANGO_MATRIX=all go test -timeout 30m ./gormstore/dbtest/interop -update
package interop
