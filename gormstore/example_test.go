package gormstore_test

import (
	"fmt"
	"time"

	"github.com/djinn-go/djinn/gormstore"
)

// A DateTime is cut to what the databases hold. Use it for conditions on
// expire_date: db.Where("expire_date > ?", gormstore.Now()).
func ExampleDateTimeOf() {
	berlin := time.FixedZone("CET", 3600)
	d := gormstore.DateTimeOf(time.Date(2026, 11, 23, 10, 30, 0, 123456789, berlin))
	fmt.Println(d)
	// Output: 2026-11-23 09:30:00.123456 +0000 UTC
}
