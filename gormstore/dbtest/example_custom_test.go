package dbtest_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/glebarez/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/sessiontest"
	"github.com/djinn-go/djinn/gormstore"
)

// Account is a table of the application's.
type Account struct {
	ID   int64
	Name string
}

// Place is embedded under a prefix.
type Place struct{ Country, City string }

// ShopSession has columns as any GORM model: nullable ones, a foreign key, JSON, an
// embedded struct, and indexes, to which GORM gives names of their own for each table.
type ShopSession struct {
	gormstore.Base
	AccountID *int64   `gorm:"index"`
	Account   *Account `gorm:"constraint:OnDelete:CASCADE"` // who leaves is logged out
	Roles     []string `gorm:"serializer:json"`
	From      Place    `gorm:"embedded;embeddedPrefix:from_"`
	LoggedIn  *time.Time
	UpdatedAt time.Time // GORM keeps it
}

// FillSession fills what the row shall say about a session. It begins with empty
// columns, so that there is nothing to take back after a log-out.
func (s *ShopSession) FillSession(_ context.Context, values core.Values) error {
	id, ok := values.Get("account").(int64)
	if !ok {
		return nil // nobody is logged in
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s.AccountID, s.LoggedIn = &id, &at
	s.Roles = []string{"customer", "reviewer"}
	s.From = Place{Country: "DK", City: "Aarhus"}
	return nil
}

// BeforeSave is GORM's hook; an error stops the save.
func (s *ShopSession) BeforeSave(*gorm.DB) error {
	if s.AccountID != nil && len(s.Roles) == 0 {
		return fmt.Errorf("account %d has no role", *s.AccountID)
	}
	return nil
}

// A model with columns of many kinds, a table prefix, and a query over it.
func ExampleNewModel_columns() {
	ctx := context.Background()
	db, err := gorm.Open(sqlite.Open("file:example4?mode=memory&cache=shared"), &gorm.Config{
		NamingStrategy: schema.NamingStrategy{TablePrefix: "shop_"}, // on PostgreSQL "shop." is a schema
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := db.AutoMigrate(&Account{}); err != nil { // what the sessions refer to comes first
		log.Fatal(err)
	}
	store, err := gormstore.NewModel[ShopSession](db)
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Migrate(ctx); err != nil { // or your own migration, from gormstore.DDL[ShopSession](db)
		log.Fatal(err)
	}
	db.Create(&Account{ID: 42, Name: "Ada"})
	save(ctx, store, "4jkb1l2m3n4o5p6q7r8s9t0u1v2w3x4y", "account", 42)
	save(ctx, store, "5jkb1l2m3n4o5p6q7r8s9t0u1v2w3x4z", "cart", 3)

	var rows []ShopSession
	err = db.Preload("Account").
		Where("from_country = ? AND expire_date > ?", "DK", gormstore.Now()).
		Find(&rows).Error
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range rows {
		fmt.Println(row.Account.Name, row.Roles, row.From.City)
	}
	// Output: Ada [customer reviewer] Aarhus
}

// save does what a Manager does at the end of a request.
func save(ctx context.Context, store core.Store, key, item string, value any) {
	codec, err := core.DjangoCodec{SecretKey: "example"}.New()
	if err != nil {
		log.Fatal(err)
	}
	values, err := sessiontest.Values(item, value)
	if err != nil {
		log.Fatal(err)
	}
	rec := core.Record{Key: key, Values: values, ExpireDate: time.Now().Add(time.Hour)}
	if _, err := store.Create(ctx, rec.WithCodec(codec)); err != nil {
		log.Fatal(err)
	}
}
