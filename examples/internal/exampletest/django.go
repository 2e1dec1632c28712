package exampletest

import (
	_ "embed"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

//go:embed django.py
var djangoScript string

// Django shares the example's sessions with a real Django, in both directions.
func Django(t *testing.T) {
	python := pythonWithDjango(t)
	database, secret := databases["sqlite"](t), "a key that Django has too"
	p := startProgram(t, "DATABASE_URL="+database, "SECRET_KEY="+secret)
	c := newClient(t, p.url)
	c.wantJSON(c.get("/count"), "count", 1)
	c.wantJSON(c.get("/count"), "count", 2)
	c.wantStatus(c.post("/login", map[string][]string{"user": {"Zoé"}}), 303)
	key := c.key()

	cmd := exec.CommandContext(t.Context(), python, "-")
	cmd.Stdin = strings.NewReader(djangoScript)
	cmd.Env = append(os.Environ(), "SECRET_KEY="+secret, "SESSION_KEY="+key, "DATABASE="+strings.TrimPrefix(database, "sqlite:"))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("Django: %v: %s", err, stderr.String())
	}
	var items struct {
		Count int    `json:"count"`
		User  string `json:"user"`
	}
	if err := json.Unmarshal(out, &items); err != nil {
		t.Fatalf("Django printed %q: %v", out, err)
	}
	if items.Count != 2 || items.User != "Zoé" {
		t.Errorf("Django reads count %d and user %q, want 2 and Zoé", items.Count, items.User)
	}
	c.wantJSON(c.get("/peek"), "count", 41)
	c.wantJSON(c.get("/count"), "count", 42)
	c.wantJSON(c.get("/whoami"), "user", "Zoé")
	if c.key() != key {
		t.Error("the cookie changed on the way, want the same session")
	}
}

// pythonWithDjango finds a Python that can import Django: the system's, where
// Debian's python3-django is, or the first on the PATH.
func pythonWithDjango(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import django").Run() == nil {
			return python
		}
	}
	Missing(t, "there is no Python with Django: install python3-django")
	return ""
}
