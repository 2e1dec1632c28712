package devices

import (
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// secondNode is another program on the same database: a connection pool of its own.
func secondNode(t testing.TB, db *gorm.DB) *gorm.DB {
	t.Helper()
	node, err := gorm.Open(db.Dialector, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	if node.ConnPool == db.ConnPool {
		t.Fatal("the second node shares the first one's connections")
	}
	t.Cleanup(func() {
		if pool, err := node.DB(); err == nil {
			_ = pool.Close()
		}
	})
	return node
}
