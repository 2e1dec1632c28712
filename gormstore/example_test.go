package gormstore_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// The examples of this package are compiled and not run, because it has no driver; in
// gormstore/dbtest others run on real databases.

// db is what gorm.Open returned, with the dialector of your database.
var db *gorm.DB

// Django's own table.
func ExampleNew() {
	store, err := gormstore.New(db)
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Migrate(context.Background()); err != nil {
		log.Fatal(err)
	}
	m, err := core.New(store, core.Config{SecretKey: core.Secret(os.Getenv("SECRET_KEY"))})
	if err != nil {
		log.Fatal(err)
	}
	http.ListenAndServe("127.0.0.1:8080", m.Handler(http.DefaultServeMux))
}

// UserSession is a session row that says whose it is, and from where it is used.
type UserSession struct {
	gormstore.ClientBase
	UserID *int64 `gorm:"index" djinn:"user"`
}

var userID core.Key[int64] = "user_id"

// FillSession runs on every save.
func (s *UserSession) FillSession(_ context.Context, items core.Values) error {
	if id, ok := userID.From(items); ok {
		s.UserID = &id
	}
	return nil
}

// A table with columns of your own.
func ExampleNewModel() {
	store, err := gormstore.NewModel[UserSession](db)
	if err != nil {
		log.Fatal(err)
	}
	for row, err := range store.Sessions(context.Background(), store.OfUser(42)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row.PublicID(), row.ClientIP, row.UserAgent, row.LastSeen)
	}
}

// At most five sessions a user: the sixth log-in ends the one that was seen longest ago.
func ExampleWithSessionCap() {
	store, err := gormstore.NewModel[UserSession](db, gormstore.WithSessionCap(5, gormstore.EvictOldest))
	if err != nil {
		log.Fatal(err)
	}
	_ = store
}

// A clock of one's own, for a store that is used without a Manager, which would tell it
// Config.Now.
func ExampleStore_Configure() {
	store, err := gormstore.New(db)
	if err != nil {
		log.Fatal(err)
	}
	clock := func() time.Time { return time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC) }
	if err := store.Configure(core.Settings{Now: clock}); err != nil {
		log.Fatal(err)
	}
}

// All other sessions of a user, whatever is in flight.
func ExampleStore_RevokeUser() {
	store, err := gormstore.NewModel[UserSession](db)
	if err != nil {
		log.Fatal(err)
	}
	_ = func(_ http.ResponseWriter, r *http.Request, s *core.Session) error {
		_, err := store.RevokeUser(r.Context(), 42, s.PublicID())
		return err
	}
}

// The order and the cart: both are saved, or neither.
func ExampleStore_Transaction() {
	type order struct{ Items int }
	const cart core.Key[[]string] = "cart"
	store, err := gormstore.New(db)
	if err != nil {
		log.Fatal(err)
	}
	_ = func(ctx context.Context, s *core.Session) error {
		return store.Transaction(ctx, s, func(tx *gorm.DB) error {
			return tx.Create(&order{Items: len(cart.Pop(s))}).Error
		})
	}
}

// A transaction that the program leads itself.
func ExampleWithTx() {
	_ = func(ctx context.Context, s *core.Session) error {
		return db.Transaction(func(tx *gorm.DB) error {
			s.Set("paid", true)
			return s.Save(gormstore.WithTx(ctx, tx))
		})
	}
}

// The statements of Migrate, for a migration tool of your own.
func ExampleDDL() {
	statements, err := gormstore.DDL[gormstore.DjangoSession](db)
	if err != nil {
		log.Fatal(err)
	}
	for _, sql := range statements {
		fmt.Println(sql + ";")
	}
}

// A DateTime is cut to what the databases hold. Use it for conditions on
// expire_date: db.Where("expire_date > ?", gormstore.Now()).
func ExampleDateTimeOf() {
	berlin := time.FixedZone("CET", 3600)
	d := gormstore.DateTimeOf(time.Date(2026, 11, 23, 10, 30, 0, 123456789, berlin))
	fmt.Println(d)
	// Output: 2026-11-23 09:30:00.123456 +0000 UTC
}

// How many sessions live.
func ExampleNow() {
	var n int64
	err := db.Model(&gormstore.DjangoSession{}).Where("expire_date > ?", gormstore.Now()).Count(&n).Error
	fmt.Println(n, err)
}
