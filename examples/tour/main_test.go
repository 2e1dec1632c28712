package main

import (
	"testing"

	"github.com/djinn-go/djinn/examples/internal/browsertest"
	"github.com/djinn-go/djinn/examples/internal/exampletest"
)

func TestMain(m *testing.M) { exampletest.Main(m, main) }

func TestRoutes(t *testing.T) { exampletest.Routes(t, newHandler) }

func TestFailures(t *testing.T) { exampletest.Failures(t, newHandler) }

func TestProgram(t *testing.T) { exampletest.Program(t) }

func TestBrowser(t *testing.T) { browsertest.Tour(t, "tour", newHandler) }

func TestDjango(t *testing.T) { exampletest.Django(t) }
