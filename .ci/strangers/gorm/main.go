// Command gorm is a user of gormstore who has yet to choose a driver.
package main

import (
	"log"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"gorm.io/gorm"
)

// sessions is what the program would call once it has opened its database.
func sessions(db *gorm.DB) (*core.Manager, error) {
	store, err := gormstore.New(db)
	if err != nil {
		return nil, err
	}
	return core.New(store, core.Config{SecretKey: "a stranger's secret key, long enough"})
}

func main() {
	if _, err := sessions(nil); err == nil {
		log.Fatal("no database: got no error")
	}
}
