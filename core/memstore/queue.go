package memstore

import "container/heap"

// expiryQueue orders the entries by expiry, soonest first, so that finding what
// has expired costs nothing when there is nothing. Each entry knows its place.
type expiryQueue []*entry

func (q *expiryQueue) add(e *entry)   { heap.Push((*expiryHeap)(q), e) }
func (q *expiryQueue) moved(e *entry) { heap.Fix((*expiryHeap)(q), e.position) }
func (q *expiryQueue) drop(e *entry)  { heap.Remove((*expiryHeap)(q), e.position) }

// first returns the entry that expires soonest, or nil.
func (q expiryQueue) first() *entry {
	if len(q) == 0 {
		return nil
	}
	return q[0]
}

// expiryHeap is an expiryQueue with the methods that container/heap calls and
// nobody else should.
type expiryHeap []*entry

func (h expiryHeap) Len() int           { return len(h) }
func (h expiryHeap) Less(i, j int) bool { return h[i].expireDate.Before(h[j].expireDate) }

func (h expiryHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].position, h[j].position = i, j
}

func (h *expiryHeap) Push(x any) {
	e := x.(*entry)
	e.position = len(*h)
	*h = append(*h, e)
}

func (h *expiryHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil // let go of the record
	*h = (*h)[:last]
	return e
}
