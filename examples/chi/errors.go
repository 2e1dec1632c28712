package main

import (
	"net/http"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/examples/internal/page"
)

// sessionError answers a request whose session could
// not be loaded or saved. Nothing has been written yet.
func sessionError(w http.ResponseWriter, r *http.Request, err error) {
	page.WriteProblem(w, r, core.StatusCode(err))
}

// problem is a handler that answers with an error page.
func problem(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { page.WriteProblem(w, r, status) }
}
