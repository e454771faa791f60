// Command start is a game server as most are written: what it knows lies in its memory.
package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// cut: memory
var (
	mu    sync.Mutex
	moves = map[string]int{} // by match: how many were made
)

func makeMove(w http.ResponseWriter, r *http.Request) {
	mu.Lock()
	defer mu.Unlock()
	moves[r.PathValue("match")]++
	say(w, moves[r.PathValue("match")])
}

func showMoves(w http.ResponseWriter, r *http.Request) {
	mu.Lock()
	defer mu.Unlock()
	say(w, moves[r.PathValue("match")])
}

// end

// say answers. Where nobody listens any more, that is no reason to stop.
func say(w io.Writer, moves int) { _, _ = fmt.Fprintln(w, "moves made:", moves) }

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "listen here")
	flag.Parse()
	if err := serve(*addr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	// So that whoever wants to kill it finds it.
	if err := os.MkdirAll("workshop-data", 0o700); err != nil {
		return err
	}
	if err := os.WriteFile("workshop-data/00-run.pid", []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		return err
	}
	fmt.Printf("The forgetful server is ready: open http://%s\n", listener.Addr())
	http.HandleFunc("POST /matches/{match}", makeMove)
	http.HandleFunc("GET /matches/{match}", showMoves)
	return (&http.Server{ReadHeaderTimeout: 5 * time.Second}).Serve(listener)
}
