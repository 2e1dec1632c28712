package lograce

import (
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// entry is a site under its name on the page.
type entry struct {
	name string
	open func(*testing.T) *site
}

// group is a table of the page.
type group struct {
	title, about string
	holds        bool // no session may come back; otherwise some must
	entries      []entry
}

var onSQLite = inTable(dbtest.SQLite)

var groups = []group{
	{
		title: "djinn",
		about: "Every store under net/http, and every adapter on a store in memory and on a table.",
		holds: true,
		entries: []entry{
			{"memstore", djinnSite(netHTTP, inMemory, nil)},
			{"memstore, SaveEveryRequest", djinnSite(netHTTP, inMemory, func(c *core.Config) { c.SaveEveryRequest = true })},
			{"filestore", djinnSite(netHTTP, inFiles, nil)},
			{"cachestore on Memory", djinnSite(netHTTP, inCache(memoryCache), nil)},
			{"cachestore on Redis", djinnSite(netHTTP, inCache(redisCache), nil)},
			{"gormstore on SQLite", djinnSite(netHTTP, onSQLite, nil)},
			{"gormstore on PostgreSQL", djinnSite(netHTTP, inTable(dbtest.Postgres), nil)},
			{"gormstore on MariaDB", djinnSite(netHTTP, inTable(dbtest.MySQL), nil)},
			{"cached_db, Memory and SQLite", djinnSite(netHTTP, behindCache(memoryCache, onSQLite), nil)},
			{"cached_db, Redis and SQLite", djinnSite(netHTTP, behindCache(redisCache, onSQLite), nil)},
			{"ginsession, memstore", djinnSite(onGin, inMemory, nil)},
			{"ginsession, SQLite", djinnSite(onGin, onSQLite, nil)},
			{"echosession, memstore", djinnSite(onEcho, inMemory, nil)},
			{"echosession, SQLite", djinnSite(onEcho, onSQLite, nil)},
			{"echov5session, memstore", djinnSite(onEchoV5, inMemory, nil)},
			{"echov5session, SQLite", djinnSite(onEchoV5, onSQLite, nil)},
			{"chisession, memstore", djinnSite(onChi, inMemory, nil)},
			{"chisession, SQLite", djinnSite(onChi, onSQLite, nil)},
		},
	},
	{
		title: "djinn, with a column that says whose a session is",
		about: "A model with a column tagged `djinn:\"user\"`, whose sessions can be revoked by public ID and by user.",
		holds: true,
		entries: []entry{
			{"devices on SQLite", djinnSite(netHTTP, inDevices(dbtest.SQLite), nil)},
			{"devices on PostgreSQL", djinnSite(netHTTP, inDevices(dbtest.Postgres), nil)},
			{"devices on MariaDB", djinnSite(netHTTP, inDevices(dbtest.MySQL), nil)},
			{"devices behind Memory, SQLite", djinnSite(netHTTP, behindCache(memoryCache, inDevices(dbtest.SQLite)), nil)},
			{"devices behind Memory, PostgreSQL", djinnSite(netHTTP, behindCache(memoryCache, inDevices(dbtest.Postgres)), nil)},
			{"devices behind Memory, MariaDB", djinnSite(netHTTP, behindCache(memoryCache, inDevices(dbtest.MySQL)), nil)},
			{"devices behind Redis, SQLite", djinnSite(netHTTP, behindCache(redisCache, inDevices(dbtest.SQLite)), nil)},
			{"devices behind Redis, PostgreSQL", djinnSite(netHTTP, behindCache(redisCache, inDevices(dbtest.Postgres)), nil)},
			{"devices behind Redis, MariaDB", djinnSite(netHTTP, behindCache(redisCache, inDevices(dbtest.MySQL)), nil)},
		},
	},
	{
		title:   "Signed cookies",
		about:   "A session that is its own cookie cannot be ended, and the package says so. Its age is all that counts.",
		entries: []entry{{"cookiestore", cookieSite}},
	},
	{
		title: "Stores with a mistake",
		about: "The program notices: memstore with one method replaced, its own or one of a cache in front; and a table\nwithout the tag, where a user's sessions are ended by one `DELETE`.",
		entries: []entry{
			{"Update creates what is not there", djinnSite(netHTTP, broken(upserts), nil)},
			{"Update looks first, then creates", djinnSite(netHTTP, broken(checksBeforeItSaves), nil)},
			{"Touch creates what is not there", djinnSite(netHTTP, broken(upsertsAtTouch), nil)},
			{"Rotate creates, then deletes", djinnSite(netHTTP, broken(rotatesByCreateThenDelete), nil)},
			{"Rotate keeps the old key", djinnSite(netHTTP, broken(rotatesAndKeepsTheOld), nil)},
			{"a cache in front, which swaps without comparing", djinnSite(netHTTP, behindCache(careless, inMemory), nil)},
			{"a user's sessions deleted by hand, on SQLite", djinnSite(netHTTP, inUntagged, nil)},
		},
	},
}
