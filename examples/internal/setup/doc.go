// Package setup is what the example programs have around their routes: the
// settings they read from the environment, the database, and an HTTP server that
// stops cleanly. A program of yours has its own; nothing here is about sessions.
package setup
