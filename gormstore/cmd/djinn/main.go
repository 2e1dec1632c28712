// Djinn is the operator's command for session tables: Django's django_session, or
// one of a model of your own.
//
//	export DATABASE_URL=postgres://user:password@host/database SECRET_KEY=…
//	djinn doctor
//	djinn clearsessions
//
// Everything it needs to know that is secret comes from the environment, and nothing
// of it is printed: see djinn --help. It is run by people, by cron and by scripts:
// results go to standard output (as JSON with --json), everything else to standard
// error, and the exit code says how it went.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: time.Now}
	os.Exit(a.run(ctx, os.Args[1:]))
}
