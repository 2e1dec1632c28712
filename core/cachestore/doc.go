// Package cachestore keeps sessions in a cache, as two of Django's back ends do
// and in their format, so that a Django site and a Go program share them:
//
//   - [New] is Django's cache back end: sessions live in the cache and nowhere
//     else. What the cache forgets is logged out.
//   - [NewCachedDB] is Django's cached_db back end: a cache in front of a store
//     that remembers, such as a table. What the cache forgets costs a query.
//
// The cache is a [Cache]: [Memory], bounded and in this process, or a Redis
// server (package rediscache), or one of your own.
//
// # What is in the cache
//
// Key and value are Django's: ":1:django.contrib.sessions.cache" and the session
// key, and the pickled dictionary of the session. Nothing is signed: who can
// write the cache can log in as anyone, and with Django on the other side can run
// code there, so let nobody else reach it. The reader here builds plain data and
// nothing else. A session that holds what JSON has no form for (bytes, sets,
// dates, objects) is undecodable: the visitor is anonymous on the Go side, and the
// entry is left as it is.
//
// Numbers keep their type and value: 1 stays an int, 1.0 a float. As in Django's
// other back ends, tuples become lists and dictionary keys that are numbers
// become strings, here in the moment in which Go changes a session that Django
// wrote.
package cachestore
