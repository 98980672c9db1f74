package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// serve runs every server until SIGTERM, or until one of them fails.
func serve(arguments []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	httpAddress := flags.String("http", ":8080", "HTTP server; empty: none")
	tcpAddress := flags.String("tcp", ":9000", "TCP line server; empty: none")
	udpAddress := flags.String("udp", ":9000", "UDP datagram server; empty: none")
	dnsAddress := flags.String("dns", ":5353", "DNS server, UDP and TCP; empty: none")
	answer := flags.String("answer", "192.0.2.53", "IPv4 address in every DNS answer")
	_ = flags.Parse(arguments)
	record, err := netip.ParseAddr(*answer)
	if err != nil || !record.Is4() {
		return fmt.Errorf("--answer %q is no IPv4 address", *answer)
	}
	hostname, err := os.Hostname()
	if err != nil {
		return err
	}

	failed := make(chan error, 8)
	listenTCP := func(address string, handle func(net.Conn)) error {
		listener, err := net.Listen("tcp", address)
		if err == nil {
			go func() { failed <- accept(listener, handle) }()
		}
		return err
	}
	listenUDP := func(address string, reply func(packet []byte, client string) []byte) error {
		socket, err := net.ListenPacket("udp", address)
		if err == nil {
			go func() { failed <- answerPackets(socket, reply) }()
		}
		return err
	}

	if *httpAddress != "" {
		listener, err := net.Listen("tcp", *httpAddress)
		if err != nil {
			return err
		}
		server := &http.Server{Handler: handler(hostname), ReadHeaderTimeout: 10 * time.Second}
		go func() { failed <- server.Serve(listener) }()
	}
	if *tcpAddress != "" {
		if err := listenTCP(*tcpAddress, func(connection net.Conn) { echoLines(connection, hostname) }); err != nil {
			return err
		}
	}
	if *udpAddress != "" {
		echo := func(packet []byte, client string) []byte {
			return []byte(fmt.Sprintf("%s %s %s\n", hostname, client, strings.TrimSuffix(string(packet), "\n")))
		}
		if err := listenUDP(*udpAddress, echo); err != nil {
			return err
		}
	}
	if *dnsAddress != "" {
		err := listenTCP(*dnsAddress, func(connection net.Conn) { answerDNS(connection, record) })
		if err == nil {
			err = listenUDP(*dnsAddress, func(packet []byte, _ string) []byte { return dnsAnswer(packet, record) })
		}
		if err != nil {
			return err
		}
	}
	fmt.Println("READY")

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	select {
	case err := <-failed:
		return err
	case <-stop:
		return nil
	}
}

func accept(listener net.Listener, handle func(net.Conn)) error {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer connection.Close()
			handle(connection)
		}()
	}
}

func answerPackets(socket net.PacketConn, reply func([]byte, string) []byte) error {
	buffer := make([]byte, 65536)
	for {
		length, client, err := socket.ReadFrom(buffer)
		if err != nil {
			return err
		}
		if answer := reply(buffer[:length], unmapped(client.String())); answer != nil {
			_, _ = socket.WriteTo(answer, client)
		}
	}
}

func echoLines(connection net.Conn, hostname string) {
	lines := bufio.NewScanner(connection)
	for lines.Scan() {
		fmt.Fprintf(connection, "%s %s %s\n", hostname, unmapped(connection.RemoteAddr().String()), lines.Text())
	}
}

// unmapped turns [::ffff:10.1.2.3]:80 into 10.1.2.3:80: a test compares with a pod's address as Kubernetes writes it.
func unmapped(address string) string {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return address
	}
	return netip.AddrPortFrom(parsed.Addr().Unmap(), parsed.Port()).String()
}

func handler(hostname string) http.Handler {
	client := func(request *http.Request) (string, string) {
		host, port, _ := net.SplitHostPort(unmapped(request.RemoteAddr))
		return host, port
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(response http.ResponseWriter, request *http.Request) {
		host, port := client(request)
		local, _ := request.Context().Value(http.LocalAddrContextKey).(net.Addr)
		response.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(response).Encode(map[string]string{
			"hostname": hostname, "client": host, "clientPort": port, "server": unmapped(local.String()),
		})
	})
	mux.HandleFunc("/client", func(response http.ResponseWriter, request *http.Request) {
		host, _ := client(request)
		fmt.Fprintln(response, host)
	})
	mux.HandleFunc("/hostname", func(response http.ResponseWriter, _ *http.Request) { fmt.Fprintln(response, hostname) })
	mux.HandleFunc("/echo", func(response http.ResponseWriter, request *http.Request) {
		if text := request.URL.Query().Get("text"); text != "" {
			fmt.Fprintln(response, text)
			return
		}
		_, _ = io.Copy(response, request.Body)
	})
	mux.HandleFunc("/bytes", func(response http.ResponseWriter, request *http.Request) {
		count, err := strconv.Atoi(request.URL.Query().Get("n"))
		if err != nil || count < 0 || count > 1<<28 {
			http.Error(response, "n: a number of bytes up to 268435456", http.StatusBadRequest)
			return
		}
		_, _ = io.CopyN(response, endless{}, int64(count))
	})
	return mux
}

// endless reads as the letter x for ever.
type endless struct{}

func (endless) Read(buffer []byte) (int, error) {
	for index := range buffer {
		buffer[index] = 'x'
	}
	return len(buffer), nil
}
