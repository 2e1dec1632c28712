// Package rediscache keeps the sessions of package cachestore in Redis, in the
// form in which Django's own Redis cache keeps them, so that a Django site and a
// Go program share them.
//
//	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", DB: 1})
//	store, err := cachestore.New(rediscache.New(client))
//
// Any client of go-redis will do: a single server, Sentinel, Cluster. Each session
// is one key, and what must be atomic is a script with that one key, so that it
// works in a cluster, also while slots move. Redis 7.0, or Valkey 7.2, is needed.
//
// # What Redis can lose
//
// Redis copies to its replicas later: after a failover, the last writes may be
// missing, also a logout. Under Sentinel these include what the old primary went on
// to take until clients had heard of the new one; with min-replicas-to-write 1 it
// refuses that, which is answered with 503, but so does a primary whose only replica
// is away.
//
// A server that evicts when it is full (maxmemory-policy other than noeviction)
// logs visitors out at random if sessions live in the cache alone; one that does
// not evict refuses to write, which is an error and answered with 503. Give
// sessions a server or a policy of their own, or put cachestore.NewCachedDB over a
// table.
//
// The clocks of the programs and of the Redis server should agree within a
// second or two: an expiry is a moment, not a duration.
package rediscache
