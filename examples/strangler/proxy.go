package main

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// newProxy hands requests to Django. The visitor's cookies and Django's
// Set-Cookie pass through untouched.
func newProxy(djangoURL string) (http.Handler, error) {
	target, err := url.Parse(djangoURL)
	if err != nil {
		return nil, fmt.Errorf("the address of Django: %w", err)
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			// Django's CSRF check compares the Origin header with these, and its
			// redirects are made of them.
			r.Out.Host = r.In.Host
			r.SetXForwarded() // in place of what the visitor sent under these names
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			writeProblem(w, http.StatusBadGateway)
		},
	}, nil
}
