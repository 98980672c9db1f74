package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

type options struct {
	timeout time.Duration
	body    *string
	tcp     bool
}

// parse takes options before, between and after exactly count words.
func parse(arguments []string, count int) (options, []string, error) {
	parsed := options{timeout: 3 * time.Second}
	var words []string
	for index := 0; index < len(arguments); index++ {
		argument := arguments[index]
		value := func() (string, error) {
			index++
			if index >= len(arguments) {
				return "", fmt.Errorf("%s wants a value", argument)
			}
			return arguments[index], nil
		}
		switch argument {
		case "--tcp":
			parsed.tcp = true
		case "--body":
			text, err := value()
			if err != nil {
				return parsed, nil, err
			}
			parsed.body = &text
		case "--timeout":
			text, err := value()
			if err == nil {
				parsed.timeout, err = time.ParseDuration(text)
			}
			if err != nil {
				return parsed, nil, err
			}
		default:
			words = append(words, argument)
		}
	}
	if len(words) != count {
		return parsed, nil, fmt.Errorf("%d words expected, not %d\n%s", count, len(words), usage)
	}
	return parsed, words, nil
}

func getHTTP(arguments []string) error {
	options, words, err := parse(arguments, 1)
	if err != nil {
		return err
	}
	method, body := http.MethodGet, io.Reader(nil)
	if options.body != nil {
		method, body = http.MethodPost, strings.NewReader(*options.body)
	}
	request, err := http.NewRequest(method, words[0], body)
	if err != nil {
		return err
	}
	// No proxy and no kept connection: what is measured is this one new connection.
	client := &http.Client{Timeout: options.timeout, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", words[0], response.Status)
	}
	return nil
}

func exchange(network string, arguments []string) error {
	options, words, err := parse(arguments, 2)
	if err != nil {
		return err
	}
	connection, err := net.DialTimeout(network, words[0], options.timeout)
	if err != nil {
		return err
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(options.timeout))
	if _, err := fmt.Fprintln(connection, words[1]); err != nil {
		return err
	}
	if network == "udp" {
		buffer := make([]byte, 65536)
		length, err := connection.Read(buffer)
		if err != nil {
			return err
		}
		fmt.Print(string(buffer[:length]))
		return nil
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		return err
	}
	fmt.Print(line)
	return nil
}
