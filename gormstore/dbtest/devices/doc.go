// Package devices tests what gormstore does for "who is logged in where": lists of a
// user's sessions, revocation that is final, caps, request columns, on every database
// and behind caches.
package devices
