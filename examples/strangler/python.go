package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// python is an interpreter that can import Django.
type python struct {
	path   string
	django string // its version
}

// versionScript fails where Django is absent, or older than what this site is
// written for.
const versionScript = `import django; assert django.VERSION >= (3, 2), "Django is too old"; print(django.get_version())`

// findPython looks for a Python with Django: the one that is asked for, or else
// the first of the PATH or the system's own, whose packages are Debian's.
func findPython(ctx context.Context, asked string) (python, error) {
	candidates := []string{"python3", "/usr/bin/python3"}
	if asked != "" {
		candidates = []string{asked}
	}
	var tried []string
	for _, name := range candidates {
		out, err := exec.CommandContext(ctx, name, "-c", versionScript).Output()
		if err == nil {
			return python{path: name, django: strings.TrimSpace(string(out))}, nil
		}
		tried = append(tried, fmt.Sprintf("%s (%s)", name, reason(err)))
	}
	return python{}, fmt.Errorf("there is no Python with Django 3.2 or newer; tried %s.\n"+
		"On Debian and Ubuntu: apt install python3-django\n"+
		"Elsewhere: python3 -m pip install Django, best in a virtual environment, and PYTHON=…/bin/python3 to name it",
		strings.Join(tried, ", "))
}

// reason is the last line of what Python complained of.
func reason(err error) string {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(exit.Stderr)), "\n")
	return cmp.Or(lines[len(lines)-1], err.Error())
}
