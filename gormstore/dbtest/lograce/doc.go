// Package lograce tries to bring back sessions that have ended: requests of one
// cookie are in flight while another one logs out, rotates the key, is revoked or
// expires, and then go on. It does so on every store and adapter, and, to show that
// it can tell, on stores with a mistake in them and on other session libraries. What
// came of it is in docs/lograce.md.
//
// It is a module of its own, and not in the workspace, because of those libraries.
//
//	go test ./gormstore/dbtest/lograce  # -short is quicker
//	go test ./gormstore/dbtest/lograce -timeout 60m -interleavings 1000 -update  # writes docs/lograce.md
//	go test ./gormstore/dbtest/lograce -v -run "/^memstore$/^logout$" -seed 42  # one interleaving, with its steps
package lograce
