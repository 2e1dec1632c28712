package filestore_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/filestore"
)

// Sessions in a directory that a Django site may share: the directory is its
// SESSION_FILE_PATH.
func Example() {
	dir, err := os.MkdirTemp("", "sessions")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	store, err := filestore.New(dir)
	if err != nil {
		panic(err)
	}
	m, err := core.New(store, core.Config{SecretKey: "the site's SECRET_KEY", CookieAge: 24 * time.Hour})
	if err != nil {
		panic(err)
	}

	ctx := context.Background()
	s := m.Open(ctx, "")
	s.Set("user", "aladdin")
	fmt.Println(s.Save(ctx))
	fmt.Println(m.Open(ctx, s.Key()).Get("user"))
	fmt.Println(m.ClearExpired(ctx, core.ClearOptions{}))
	// Output:
	// <nil>
	// aladdin
	// 0 <nil>
}
