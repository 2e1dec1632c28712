// Command custommodel is the page "Your devices": who is signed in where, and out
// with the others. Its sessions live in a table of its own, with a column that says
// whose they are. Run it and open the URL it prints, in two browsers:
//
//	go run ./examples/custommodel
package main

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/adapters/ginsession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/auth"
	"github.com/djinn-go/djinn/examples/internal/setup"
)

func main() { setup.MainOwnTable(newHandler) }

// newHandler ties the tables to the settings, and the routes to both.
func newHandler(env *setup.Env) (http.Handler, error) {
	limit, err := deviceLimit(os.Getenv("DEVICE_LIMIT"))
	if err != nil {
		return nil, err
	}
	devices, err := openDevices(context.Background(), env.DB(), limit)
	if err != nil {
		return nil, err
	}
	accounts, err := openAccounts(context.Background(), env.DB())
	if err != nil {
		return nil, err
	}
	store, err := env.Cached(devices)
	if err != nil {
		return nil, err
	}
	sessions, err := core.New(store, core.Config{
		SecretKey:        env.SecretKey,
		CookieName:       env.CookieName,
		CookieAge:        env.CookieAge,
		SaveEveryRequest: true, // reading a page counts as being seen
		TouchInterval:    5 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	logins, err := auth.New(auth.Config{SecretKey: env.SecretKey})
	if err != nil {
		return nil, err
	}
	return routes(sessions, &site{devices, accounts, logins, env.CookieName})
}

func routes(sessions *core.Manager, s *site) (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	r := gin.Default()
	// The page shows addresses, so they had better be true. Nobody stands between
	// this program and the browser: X-Forwarded-For is what the visitor made up.
	// Behind a proxy, name it here.
	if err := r.SetTrustedProxies(nil); err != nil {
		return nil, err
	}
	r.SetHTMLTemplate(templates)
	r.HandleMethodNotAllowed = true
	r.Use(headers, errorPages, sameOrigin())
	r.NoRoute(func(c *gin.Context) { fail(c, http.StatusNotFound, errNoPage) })
	r.NoMethod(func(c *gin.Context) { fail(c, http.StatusMethodNotAllowed, errNoPage) })
	r.GET("/style.css", stylesheet())

	r.Use(ginsession.Middleware(sessions))
	r.GET("/login", ginsession.Handle(s.loginPage))
	r.POST("/login", ginsession.Handle(s.login))
	r.GET("/", s.signedIn(s.devicesPage))
	r.POST("/devices/sign-out", s.signedIn(s.signOut))
	r.POST("/devices/sign-out-others", s.signedIn(s.signOutOthers))
	r.POST("/password", s.signedIn(s.changePassword))
	r.POST("/logout", s.signedIn(s.logout))
	return r, nil
}
