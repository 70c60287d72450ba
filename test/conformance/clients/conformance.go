// Runs the cases of the files that it is given against the Synod behind NATS_URL, with nats.go.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

type testCase struct {
	Subject      string
	Headers      map[string]string
	Body         json.RawMessage
	BodyBase64   []byte
	ValueLetters int
	Reply        map[string]interface{}
	ReplyBase64  []byte
	Number       string
	NoResponders bool
}

// turnOn reports whether it was the one who turned the switch on.
func turnOn(nc *nats.Conn, key string) (bool, error) {
	reply, err := nc.Request("synod.switch.set."+key, nil, 3*time.Second)
	if err != nil {
		return false, err // nats.ErrNoResponders: no proposer; nats.ErrTimeout: it may be on
	}
	switch reply.Header.Get("Nats-Service-Error-Code") {
	case "":
		return true, nil
	case "409":
		return false, nil // it was on before
	}
	return false, errors.New(reply.Header.Get("Nats-Service-Error"))
}

func (c testCase) bytes(run string) []byte {
	var text string
	switch {
	case c.BodyBase64 != nil:
		return c.BodyBase64
	case c.ValueLetters > 0:
		return []byte(`{"value":"` + strings.Repeat("x", c.ValueLetters) + `"}`)
	case json.Unmarshal(c.Body, &text) == nil:
		return []byte(text)
	}
	return bytes.ReplaceAll(c.Body, []byte("RUN"), []byte(run))
}

// difference says what is not as the case expects; "" when all is.
func (c testCase) difference(nc *nats.Conn, run string) string {
	request := nats.NewMsg(strings.ReplaceAll(c.Subject, "RUN", run))
	request.Data = c.bytes(run)
	for name, value := range c.Headers {
		request.Header[name] = []string{value}
	}
	reply, err := nc.RequestMsg(request, 10*time.Second)
	if c.NoResponders && errors.Is(err, nats.ErrNoResponders) {
		return ""
	}
	if err != nil || c.NoResponders {
		return fmt.Sprintf("the request ended with %v", err)
	}
	if number := reply.Header.Get("Nats-Service-Error-Code"); number != c.Number {
		return "Nats-Service-Error-Code is '" + number + "'"
	}
	if c.ReplyBase64 != nil {
		if bytes.Equal(reply.Data, c.ReplyBase64) {
			return ""
		}
		return fmt.Sprintf("the reply is %q", reply.Data)
	}
	var body map[string]interface{}
	if err := json.Unmarshal(reply.Data, &body); err != nil {
		return err.Error()
	}
	message := takeMessage(body)
	replies, _ := body["replies"].([]interface{})
	for _, reply := range replies {
		takeMessage(reply)
	}
	if header := reply.Header.Get("Nats-Service-Error"); header != message {
		return "Nats-Service-Error is '" + header + "'"
	}
	if !reflect.DeepEqual(body, c.Reply) {
		return "the reply is " + string(reply.Data)
	}
	return ""
}

// takeMessage takes error.message out of a reply; there may be none.
func takeMessage(reply interface{}) string {
	body, _ := reply.(map[string]interface{})
	told, _ := body["error"].(map[string]interface{})
	message, _ := told["message"].(string)
	delete(told, "message")
	return message
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func main() {
	url := os.Getenv("NATS_URL")
	if url == "" {
		url = nats.DefaultURL
	}
	nc, err := nats.Connect(url)
	check(err)
	run := fmt.Sprintf("go-%d", time.Now().UnixNano())
	failed := false
	for _, first := range []bool{true, false} {
		isFirst, err := turnOn(nc, "conformance."+run+".on")
		check(err)
		failed = failed || isFirst != first
	}
	for _, file := range os.Args[1:] {
		text, err := os.ReadFile(file)
		check(err)
		var cases []testCase
		check(json.Unmarshal(text, &cases))
		for i, c := range cases {
			if what := c.difference(nc, run); what != "" {
				fmt.Printf("%s, case %d, %s: %s\n", file, i+1, c.Subject, what)
				failed = true
			}
		}
	}
	nc.Close()
	if failed {
		os.Exit(1)
	}
}
