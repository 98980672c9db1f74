package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// dnsAnswer answers A questions with one record (RFC 1035), any other type with none; nil for what is no question.
func dnsAnswer(packet []byte, record netip.Addr) []byte {
	var message dnsmessage.Message
	if err := message.Unpack(packet); err != nil || message.Response || len(message.Questions) != 1 {
		return nil
	}
	question := message.Questions[0]
	reply := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: message.ID, Response: true, Authoritative: true, RecursionDesired: message.RecursionDesired,
		},
		Questions: message.Questions,
	}
	if question.Type == dnsmessage.TypeA {
		reply.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: 1},
			Body:   &dnsmessage.AResource{A: record.As4()},
		}}
	}
	packed, err := reply.Pack()
	if err != nil {
		return nil
	}
	return packed
}

// answerDNS serves one TCP connection, where a two-byte length precedes every message (RFC 1035 §4.2.2).
func answerDNS(connection net.Conn, record netip.Addr) {
	for {
		packet, err := readFramed(connection)
		if err != nil {
			return
		}
		answer := dnsAnswer(packet, record)
		if answer == nil || writeFramed(connection, answer) != nil {
			return
		}
	}
}

func readFramed(reader io.Reader) ([]byte, error) {
	var length uint16
	if err := binary.Read(reader, binary.BigEndian, &length); err != nil {
		return nil, err
	}
	packet := make([]byte, length)
	_, err := io.ReadFull(reader, packet)
	return packet, err
}

func writeFramed(writer io.Writer, packet []byte) error {
	_, err := writer.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packet))), packet...))
	return err
}

// lookup asks one server for A records itself: the resolver of the C library would hide which server answered.
func lookup(arguments []string) error {
	options, words, err := parse(arguments, 2)
	if err != nil {
		return err
	}
	network := "udp"
	if options.tcp {
		network = "tcp"
	}
	name, err := dnsmessage.NewName(strings.TrimSuffix(words[1], ".") + ".")
	if err != nil {
		return err
	}
	question := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: uint16(rand.Uint32()), RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
	}
	packed, err := question.Pack()
	if err != nil {
		return err
	}
	connection, err := net.DialTimeout(network, words[0], options.timeout)
	if err != nil {
		return err
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(options.timeout))

	var received []byte
	if options.tcp {
		if err = writeFramed(connection, packed); err == nil {
			received, err = readFramed(connection)
		}
	} else if _, err = connection.Write(packed); err == nil {
		received = make([]byte, 65536)
		var length int
		length, err = connection.Read(received)
		received = received[:length]
	}
	if err != nil {
		return err
	}
	var answer dnsmessage.Message
	if err := answer.Unpack(received); err != nil {
		return err
	}
	if answer.ID != question.ID {
		return errors.New("the answer belongs to another question")
	}
	if answer.RCode != dnsmessage.RCodeSuccess {
		return fmt.Errorf("the server says %s", answer.RCode)
	}
	found := false
	for _, resource := range answer.Answers {
		if address, isA := resource.Body.(*dnsmessage.AResource); isA {
			fmt.Println(netip.AddrFrom4(address.A))
			found = true
		}
	}
	if !found {
		return errors.New("no A record in the answer")
	}
	return nil
}
