package main

import (
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(testing.TB) core.Store { return NewStore() })
}
