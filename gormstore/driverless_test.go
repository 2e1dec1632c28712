package gormstore_test

import (
	"gorm.io/gorm"
	"gorm.io/gorm/utils/tests"
)

// driverless is GORM's dialector without a database, by the name of one.
type driverless struct{ tests.DummyDialector }

func (driverless) Name() string { return "postgres" }

func openWithoutDriver() *gorm.DB {
	db, err := gorm.Open(driverless{}, &gorm.Config{})
	if err != nil {
		panic(err)
	}
	return db
}
