package main

import (
	"embed"
	"html/template"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/examples/internal/page"
)

//go:embed templates
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"exact": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"date":  func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") },
}).ParseFS(files, "templates/*.html"))

// headers keep the list out of caches, from which the Back button would show it
// after signing out, and out of frames, in which another site could lead a click to
// its buttons. There is no script to allow.
func headers(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Security-Policy",
		"default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
}

// stylesheet is the examples' own, and what this one adds.
func stylesheet() gin.HandlerFunc {
	common, err := page.Style()
	if err != nil {
		panic(err) // embedded under another name
	}
	own, err := files.ReadFile("templates/style.css")
	if err != nil {
		panic(err)
	}
	css := append(common, own...)
	return func(c *gin.Context) {
		c.Header("Cache-Control", "max-age=300")
		c.Data(http.StatusOK, "text/css; charset=utf-8", css)
	}
}
