package main

import (
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/djinn-go/djinn/examples/internal/browsertest"
	"github.com/djinn-go/djinn/examples/internal/exampletest"
)

func TestMain(m *testing.M) {
	hashCost = bcrypt.MinCost
	exampletest.Main(m, main)
}

func TestDevices(t *testing.T) { exampletest.Devices(t, newHandler) }

func TestTable(t *testing.T) { exampletest.DevicesTable(t, newHandler) }

func TestRaces(t *testing.T) { exampletest.DevicesRaces(t, newHandler) }

func TestBrowser(t *testing.T) { browsertest.Devices(t, newHandler) }

func TestProgram(t *testing.T) { exampletest.DevicesProgram(t) }
