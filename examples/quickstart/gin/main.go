// The quickstart for Gin, as the README shows it.
package main

import (
	"context"
	"log"
	"net/http"

	"github.com/djinn-go/djinn/adapters/ginsession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/gin-gonic/gin"
	"github.com/glebarez/sqlite"
	"gorm.io/gorm"
)

const visits core.Key[int] = "visits"

func main() {
	db, err := gorm.Open(sqlite.Open("sessions.sqlite3"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	store, err := gormstore.New(db) // the table django_session
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Migrate(context.Background()); err != nil {
		log.Fatal(err)
	}
	m, err := core.New(store, core.Config{SecretKey: "a random string of fifty characters, or Django's"})
	if err != nil {
		log.Fatal(err)
	}

	r := gin.Default()
	r.Use(ginsession.Middleware(m))
	r.GET("/", ginsession.Handle(home))
	r.GET("/about", about)
	log.Fatal(r.Run("127.0.0.1:8080"))
}

func home(c *ginsession.Context) {
	visits.Update(c.Session(), func(n int) int { return n + 1 })
	c.String(http.StatusOK, "visit %d", visits.Get(c.Session()))
}

func about(c *gin.Context) {
	c.String(http.StatusOK, "%d visits so far", visits.Get(ginsession.From(c)))
}
