// Package setup is what the example programs have around their routes: the
// settings they read from the environment, the store for each SESSION_ENGINE, and
// an HTTP server that stops cleanly. A program of yours has its own and needs one
// engine; that part is in engine.go.
package setup
