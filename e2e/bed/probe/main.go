// Command probe is the program in the test bed's pods: servers and clients whose content tells who talked to whom.
// The commands are described in e2e/bed/README.md.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

const usage = `probe serve [--http :8080] [--tcp :9000] [--udp :9000] [--dns :5353] [--answer 192.0.2.53]
probe http URL [--body TEXT] [--timeout 3s]
probe tcp|udp HOST:PORT TEXT [--timeout 3s]
probe dns SERVER:PORT NAME [--tcp] [--timeout 3s]
probe pause`

func main() {
	arguments := os.Args[1:]
	if filepath.Base(os.Args[0]) == "pause" {
		arguments = []string{"pause"}
	}
	if len(arguments) == 0 {
		arguments = []string{"serve"}
	}
	var err error
	switch command, rest := arguments[0], arguments[1:]; command {
	case "serve":
		err = serve(rest)
	case "http":
		err = getHTTP(rest)
	case "tcp", "udp":
		err = exchange(command, rest)
	case "dns":
		err = lookup(rest)
	case "pause":
		pause()
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(64)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "probe %s: %v\n", arguments[0], err)
		os.Exit(1)
	}
}

// pause keeps a pod's namespaces alive: waits for the end, and reaps whatever is left to process 1.
func pause() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGCHLD)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		for {
			var status syscall.WaitStatus
			if pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
}
