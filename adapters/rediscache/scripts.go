package rediscache

import "github.com/redis/go-redis/v9"

// Each script has one key. ARGV is the new value, its expiry in Unix
// milliseconds, and the old value, as far as there are such.
//
// A value that is stored for no time is not stored; SET would store one whose
// moment has passed on some servers. Values are unique, so one that is there
// already was put there by an earlier attempt of this very call, whose reply was
// lost.

var getScript = redis.NewScript(`
local value = redis.call('GET', KEYS[1])
if not value then return false end
return {value, redis.call('PEXPIRETIME', KEYS[1])}
`)

// store is shared by the scripts below.
const store = `
local function store()
	local now = redis.call('TIME')
	if tonumber(ARGV[2]) <= now[1] * 1000 + math.floor(now[2] / 1000) then
		redis.call('DEL', KEYS[1])
	else
		redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
	end
	return 1
end
`

var setScript = redis.NewScript(store + `
return store()
`)

var addScript = redis.NewScript(store + `
local value = redis.call('GET', KEYS[1])
if value then return value == ARGV[1] and 1 or 0 end
return store()
`)

var swapScript = redis.NewScript(store + `
local value = redis.call('GET', KEYS[1])
if value == ARGV[3] then return store() end
return value == ARGV[1] and 1 or 0
`)

var extendScript = redis.NewScript(`
local expires = redis.call('PEXPIRETIME', KEYS[1])
if expires == -2 then return 0 end
if expires >= 0 and tonumber(ARGV[1]) > expires then
	redis.call('PEXPIREAT', KEYS[1], ARGV[1])
end
return 1
`)
