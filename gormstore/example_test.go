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

// The examples of this package have no driver: those without an output are compiled and
// not run. In gormstore/dbtest others run on real databases.
//
// README.md shows parts of them; a test in examples/ compares the two.

// db is what gorm.Open returned, with the dialector of your database.
var db = openWithoutDriver()

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
	m, err := core.New(store, core.Config{SecretKey: core.Secret(os.Getenv("SECRET_KEY"))})
	if err != nil {
		log.Fatal(err)
	}
	http.ListenAndServe("127.0.0.1:8080", m.Handler(http.DefaultServeMux))
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
	logOutElsewhere := func(ctx context.Context, s *core.Session, user int64) (ended int64, err error) {
		return store.RevokeUser(ctx, user, s.PublicID()) // all but this one
	}
	_ = logOutElsewhere
}

// A button of the page "your devices": its public ID comes from the browser, and is
// looked for among the user's own sessions.
func ExampleStore_Revoke() {
	store, err := gormstore.NewModel[UserSession](db)
	if err != nil {
		log.Fatal(err)
	}
	logOutThere := func(ctx context.Context, publicID string, user int64) error {
		return store.Revoke(ctx, publicID, store.OfUser(user))
	}
	_ = logOutThere
}

// Sessions that nobody has used for a month. Several scopes must all hold.
func ExampleStore_RevokeAll() {
	store, err := gormstore.NewModel[UserSession](db)
	if err != nil {
		log.Fatal(err)
	}
	idle := func(db *gorm.DB) *gorm.DB {
		return db.Where("last_seen < ?", gormstore.DateTimeOf(time.Now().AddDate(0, -1, 0)))
	}
	ended, err := store.RevokeAll(context.Background(), idle)
	fmt.Println(ended, err)
}

type order struct {
	ID    int64
	Items int
}

const cart core.Key[[]string] = "cart"

// The order and the cart: both are saved, or neither.
func ExampleStore_Transaction() {
	store, err := gormstore.New(db)
	if err != nil {
		log.Fatal(err)
	}
	checkOut := func(ctx context.Context, s *core.Session) error {
		return store.Transaction(ctx, s, func(tx *gorm.DB) error {
			return tx.Create(&order{Items: len(cart.Pop(s))}).Error
		})
	}
	_ = checkOut
}

// A transaction that the program leads itself.
func ExampleWithTx() {
	pay := func(ctx context.Context, s *core.Session) error {
		return db.Transaction(func(tx *gorm.DB) error {
			s.Set("paid", true)
			return s.Save(gormstore.WithTx(ctx, tx))
		})
	}
	_ = pay
}

// The statements of Migrate, for a migration tool of your own; here on PostgreSQL. The
// database need not be there.
func ExampleDDL() {
	statements, err := gormstore.DDL[gormstore.DjangoSession](db)
	if err != nil {
		log.Fatal(err)
	}
	for _, sql := range statements {
		fmt.Println(sql + ";")
	}
	// Output:
	// CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" timestamp with time zone NOT NULL);
	// CREATE INDEX "django_session_session_key_c0390e0f_like" ON "django_session" ("session_key" varchar_pattern_ops);
	// CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
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
