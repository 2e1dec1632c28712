package main

import (
	"net/http"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/examples/internal/browsertest"
	"github.com/djinn-go/djinn/examples/internal/exampletest"
)

func handler(m *core.Manager) http.Handler { return routes(m) }

func TestMain(m *testing.M) { exampletest.Main(m, main) }

func TestRoutes(t *testing.T) { exampletest.Shop(t, handler) }

func TestFailures(t *testing.T) { exampletest.ShopFailures(t, handler) }

func TestProgram(t *testing.T) { exampletest.ShopProgram(t) }

func TestBrowser(t *testing.T) { browsertest.Shop(t, "echo", handler) }

func TestDjango(t *testing.T) { exampletest.Django(t) }
