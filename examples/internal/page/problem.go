package page

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// Problem is what the visitor is told when something went wrong.
type Problem struct {
	Status      int
	Title, Text string
}

// problemOf explains a status to a visitor.
func problemOf(status int) Problem {
	p := Problem{Status: status, Title: http.StatusText(status)}
	switch status {
	case http.StatusBadRequest:
		p.Title = "That did not go through"
		p.Text = "Either the form was not filled in, or you logged out in another window while this request was under way. Nothing was changed."
	case http.StatusForbidden:
		p.Title = "That form was not ours"
		p.Text = "The request came from another site, so it was refused. Nothing was changed."
	case http.StatusNotFound:
		p.Title = "There is no such page"
		p.Text = "The address may be mistyped."
	case http.StatusServiceUnavailable:
		p.Title = "We cannot get at your session right now"
		p.Text = "You have not been logged out, and your cart is where it was. Please try again in a moment."
	default:
		p.Text = "Please go back and try again."
	}
	return p
}

// WriteProblem answers with an error page, or with JSON if no browser is asking.
func WriteProblem(w http.ResponseWriter, r *http.Request, status int) {
	p := problemOf(status)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	var body bytes.Buffer
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = Templates.ExecuteTemplate(&body, "error.html", p) // cannot fail: a buffer, and three fields
	} else {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(&body).Encode(map[string]string{"error": p.Title + ". " + p.Text})
	}
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the client may have gone
}
