package auth_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/auth"
	"github.com/djinn-go/djinn/core/memstore"
)

// account is the program's own record of a user: a row of Django's auth_user.
type account struct {
	Name, Password string
	Active         bool
}

// accounts stands for the table, by primary key.
var accounts = map[string]account{
	"42": {Name: "aladdin", Password: "pbkdf2_sha256$260000$salt$hash", Active: true},
}

// accountByID is what GetUser asks.
func accountByID(_ context.Context, id string) (account, string, error) {
	a, ok := accounts[id]
	if !ok || !a.Active {
		return account{}, "", auth.ErrNoUser
	}
	return a, a.Password, nil
}

func Example() {
	const secretKey = "the SECRET_KEY of the Django site"
	store, err := memstore.New()
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := core.New(store, core.Config{SecretKey: secretKey})
	if err != nil {
		log.Fatal(err)
	}
	users, err := auth.New(auth.Config{SecretKey: secretKey})
	if err != nil {
		log.Fatal(err)
	}

	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		// here: check the password
		u := auth.User{ID: "42", PasswordHash: accounts["42"].Password}
		if err := users.Login(sessions.Session(r.Context()), u); err != nil {
			http.Error(w, "cannot log in", http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, "in")
	})
	mux.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
		users.Logout(sessions.Session(r.Context()))
		fmt.Fprint(w, "out")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		user, ok, err := auth.GetUser(r.Context(), users, sessions.Session(r.Context()), accountByID)
		switch {
		case err != nil:
			http.Error(w, "try again", core.StatusCode(err))
		case !ok:
			fmt.Fprint(w, "hello stranger")
		default:
			fmt.Fprint(w, "hello "+user.Name)
		}
	})
	site := httptest.NewServer(sessions.Handler(mux))
	defer site.Close()

	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	for _, path := range []string{"/", "/login", "/", "/logout", "/"} {
		res, err := browser.Get(site.URL + path)
		if err != nil {
			log.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %s\n", path, body)
	}
	// Output:
	// /: hello stranger
	// /login: in
	// /: hello aladdin
	// /logout: out
	// /: hello stranger
}
