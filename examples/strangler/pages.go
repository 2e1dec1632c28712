package main

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/examples/internal/page"
	"github.com/djinn-go/djinn/examples/internal/trace"
)

//go:embed templates
var files embed.FS

var templates = template.Must(template.ParseFS(files, "templates/*.html"))

// Item is an item of the session as JSON text.
type Item struct{ Name, Text string }

// items lists what is in the session. Nobody needs to see the session auth hash
// in full.
func items(s *core.Session) (list []Item) {
	for name, text := range s.Values().Texts() {
		if name == "_auth_user_hash" {
			text = `"` + trace.Mask(text) + `"`
		}
		list = append(list, Item{name, text})
	}
	return list
}

// stylesheet is for the pages of both sides: the examples' own, and what this one
// adds.
func stylesheet() ([]byte, error) {
	common, err := page.Style()
	if err != nil {
		return nil, err
	}
	own, err := files.ReadFile("templates/style.css")
	return append(common, own...), err
}

func icon() ([]byte, error) { return files.ReadFile("templates/icon.svg") }

// asset serves what does not change while the program runs.
func asset(contentType string, read func() ([]byte, error)) gin.HandlerFunc {
	content, err := read()
	if err != nil {
		panic(err) // embedded under another name
	}
	return func(c *gin.Context) {
		c.Header("Cache-Control", "max-age=300")
		c.Data(http.StatusOK, contentType, content)
	}
}

// problem is what the visitor is told when something went wrong.
type problem struct {
	Status      int
	Title, Text string
}

func problemOf(status int) problem {
	p := problem{status, http.StatusText(status), "Please go back and try again."}
	switch status {
	case http.StatusBadRequest:
		p.Title = "That did not go through"
		p.Text = "Either the form was not filled in as it should be, or you logged out in another window while this request was under way. Nothing was changed."
	case http.StatusForbidden:
		p.Title = "That form was not ours"
		p.Text = "The request came from another site, so it was refused. Nothing was changed."
	case http.StatusBadGateway:
		p.Title = "Django does not answer"
		p.Text = "This page has not moved to Go yet. Those that have still work, and you are still logged in."
	case http.StatusServiceUnavailable:
		p.Title = "We cannot get at your session right now"
		p.Text = "You have not been logged out. Please try again in a moment."
	}
	return p
}

// writeProblem answers with an error page.
func writeProblem(w http.ResponseWriter, status int) {
	var body bytes.Buffer
	_ = templates.ExecuteTemplate(&body, "problem.html", problemOf(status)) // cannot fail: a buffer, and three fields
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the visitor may have gone
}

// errorPages shows what went wrong as a page. It goes around the session
// middleware, which reports a session that cannot be loaded or saved as every
// Gin middleware should: with a status and c.Error.
func errorPages(c *gin.Context) {
	c.Next()
	if len(c.Errors) > 0 && !c.Writer.Written() {
		writeProblem(c.Writer, c.Writer.Status())
	}
}

// fail leaves an error to errorPages.
func fail(c *gin.Context, status int, err error) {
	c.Status(status)
	_ = c.Error(err)
	c.Abort()
}
