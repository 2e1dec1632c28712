package cachestore

// The queue of a [Memory] and its hand: SIEVE (Zhang and others, NSDI 2024).

// push puts e at the newest end.
func (m *Memory) push(e *entry) {
	e.older = m.newest
	if m.newest != nil {
		m.newest.newer = e
	}
	m.newest = e
	if m.oldest == nil {
		m.oldest = e
	}
}

// remove takes e out of the cache. The hand moves on if it points there.
func (m *Memory) remove(e *entry) {
	if m.hand == e {
		m.hand = e.newer
	}
	if e.newer != nil {
		e.newer.older = e.older
	} else {
		m.newest = e.older
	}
	if e.older != nil {
		e.older.newer = e.newer
	} else {
		m.oldest = e.newer
	}
	delete(m.entries, e.key)
	m.bytes -= cost(e.key, e.item)
}

// evict removes one entry other than keep, which is the one that needs the room:
// the first from the hand on that has expired or was not read since the hand
// passed it last. Two rounds are enough to find one.
func (m *Memory) evict(keep *entry) {
	now := m.settings.Now()
	for {
		e := m.hand
		if e == nil {
			e = m.oldest
		}
		m.hand = e.newer
		switch {
		case e == keep:
		case e.visited && e.item.alive(now):
			e.visited = false
		default:
			m.remove(e)
			return
		}
	}
}
