// Package clearload measures what clearing expired sessions does to the requests
// of a site that is in use: real handlers, real databases, an open loop. It has
// tests only, which run at night, because their limits want a quiet machine:
//
//	go test -tags nightly -count=1 -timeout 30m ./gormstore/dbtest/clearload -update
//
// This writes docs/clearsessions.md; -short is a small run with loose limits.
package clearload
