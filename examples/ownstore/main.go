// Command ownstore is the chapter on writing a session store of your own. README.md
// explains store.go step by step; the program uses it:
//
//	go run ./examples/ownstore
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/djinn-go/djinn/core"
)

const visits core.Key[int] = "visits"

func main() {
	if err := run(os.Getenv("ADDR")); err != nil {
		log.Fatal(err)
	}
}

// run serves at addr, by default at 127.0.0.1:8080.
func run(addr string) error {
	handler, err := newHandler(NewStore())
	if err != nil {
		return err
	}
	if addr == "" {
		addr = "127.0.0.1:8080"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("%w: another program may be using it: write another one, for example ADDR=127.0.0.1:8081", err)
	}
	fmt.Printf("open http://%s/\n", listener.Addr())
	return http.Serve(listener, handler)
}

// newHandler counts visits in a session that store keeps.
func newHandler(store core.Store) (http.Handler, error) {
	sessions, err := core.New(store, core.Config{
		SecretKey: "50 random characters of your own, or Django's SECRET_KEY",
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		s := sessions.Session(r.Context())
		visits.Update(s, func(n int) int { return n + 1 })
		fmt.Fprintf(w, "visit %d\n", visits.Get(s))
	})
	mux.HandleFunc("POST /leave", func(w http.ResponseWriter, r *http.Request) {
		sessions.Session(r.Context()).Flush()
		fmt.Fprintln(w, "goodbye")
	})
	return sessions.Handler(mux), nil
}
