package main

import (
	"testing"

	"github.com/djinn-go/djinn/examples/internal/browsertest"
	"github.com/djinn-go/djinn/examples/internal/exampletest"
)

func TestMain(m *testing.M) { exampletest.Main(m, main) }

func TestStrangler(t *testing.T) { exampletest.Strangler(t) }

func TestBrowser(t *testing.T) { browsertest.Strangler(t) }
