// Command redis is a user of Redis for the cache engine; no server is asked.
package main

import (
	"log"

	"github.com/djinn-go/djinn/adapters/rediscache"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/redis/go-redis/v9"
)

func main() {
	client := redis.NewClient(&redis.Options{})
	defer client.Close()
	store, err := cachestore.New(rediscache.New(client))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := core.New(store, core.Config{SecretKey: "a stranger's secret key, long enough"}); err != nil {
		log.Print(err)
	}
}
