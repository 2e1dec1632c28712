// Package clearload measures what clearing expired sessions does to the requests
// of a site that is in use: real handlers, real databases, an open loop. It has
// tests only. A small run is among the tests of every change; the full one, with
// limits that want a quiet machine, is
//
//	DJINN_CLEARLOAD=full go test -count=1 -timeout 30m ./gormstore/dbtest/clearload -update
//
// which writes docs/clearsessions.md.
package clearload
