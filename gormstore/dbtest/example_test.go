package dbtest_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/glebarez/sqlite"
	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/sessiontest"
	"github.com/djinn-go/djinn/gormstore"
)

// Django's table in a SQLite file, which a Django site may have open too.
func ExampleNew() {
	db, err := gorm.Open(sqlite.Open("file:example1?mode=memory&cache=shared"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	store, err := gormstore.New(db)
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Migrate(context.Background()); err != nil {
		log.Fatal(err)
	}
	m, err := core.New(store, core.Config{SecretKey: "the SECRET_KEY of the Django site"})
	if err != nil {
		log.Fatal(err)
	}
	_ = m // m.Handler(…), or an adapter's Middleware(m)

	fmt.Println(store.Ping(context.Background()))
	// Output: <nil>
}

// AccountSession is the custom model of Django's documentation: it knows whose
// session it is.
type AccountSession struct {
	gormstore.Base
	AccountID *string `gorm:"size:40;index"`
}

// FillSession is Django's create_model_instance.
func (s *AccountSession) FillSession(_ context.Context, values core.Values) error {
	if id, ok := values.Get("_auth_user_id").(string); ok {
		s.AccountID = &id
	}
	return nil
}

// Who is logged in, from a column that follows an item of the session.
func ExampleNewModel() {
	ctx := context.Background()
	db, err := gorm.Open(sqlite.Open("file:example2?mode=memory&cache=shared"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	store, err := gormstore.NewModel[AccountSession](db)
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	logIn(ctx, store, "4jkb1l2m3n4o5p6q7r8s9t0u1v2w3x4y", "42")

	var rows []AccountSession
	err = db.Where("account_id = ? AND expire_date > ?", "42", gormstore.Now()).Find(&rows).Error
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range rows {
		fmt.Println("account", *row.AccountID, "key", row.SessionKey)
	}
	// Output: account 42 key [redacted]
}

// logIn does what a Manager does when a handler logs somebody in.
func logIn(ctx context.Context, store core.Store, key, account string) {
	codec, err := core.DjangoCodec{SecretKey: "example"}.New()
	if err != nil {
		log.Fatal(err)
	}
	values, err := sessiontest.Values("_auth_user_id", account)
	if err != nil {
		log.Fatal(err)
	}
	rec := core.Record{Key: key, Values: values, ExpireDate: time.Now().Add(time.Hour)}
	if _, err := store.Create(ctx, rec.WithCodec(codec)); err != nil {
		log.Fatal(err)
	}
}

// Old rows go in small steps, with a report after each.
func ExampleStore_ClearExpired() {
	ctx := context.Background()
	db, err := gorm.Open(sqlite.Open("file:example3?mode=memory&cache=shared"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	store, err := gormstore.New(db)
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	for i := range 5 {
		db.Create(&gormstore.DjangoSession{SessionKey: core.Secret(fmt.Sprintf("old-session-%d", i)), ExpireDate: gormstore.DateTimeOf(time.Now().Add(-time.Hour))})
	}
	cleared, err := store.ClearExpired(ctx, core.ClearOptions{
		Batch:    2,
		Pause:    time.Millisecond,
		Progress: func(n int64) { fmt.Println(n, "so far") },
	})
	fmt.Println(cleared, err)
	// Output:
	// 2 so far
	// 4 so far
	// 5 so far
	// 5 <nil>
}
