// A requester with nothing but nats.go: `go run ./requester order-bagel`. The steps: docs/protocol.md.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func main() {
	arg := func(n int, otherwise string) string {
		if n < len(os.Args) {
			return os.Args[n]
		}
		return otherwise
	}
	order, id := arg(1, "order-sandwich"), arg(3, "")
	timeout := time.Duration(must(strconv.Atoi(arg(2, "5000")))) * time.Millisecond
	if id == "" {
		id = rand.Text()
	}
	mailbox := "replies.go." + id

	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	reconnected := make(chan struct{}, 1)
	nc := must(nats.Connect(cmp.Or(os.Getenv("NATS_URL"), nats.DefaultURL), nats.MaxReconnects(-1),
		nats.ReconnectHandler(func(*nats.Conn) {
			select {
			case reconnected <- struct{}{}:
			default:
			}
		})))
	defer nc.Close()
	js := must(jetstream.New(nc))

	// Listen first: the reply may be there before the PubAck.
	replied := make(chan *nats.Msg, 1)
	must(nc.ChanSubscribe("replied.go."+id, replied))
	must(0, nc.FlushWithContext(ctx))

	request := nats.NewMsg("requests." + order)
	request.Header.Set("Nats-Msg-Id", id) // sent again with the same id, it is stored once
	request.Header.Set("Nats-Expected-Stream", "REQUESTS")
	request.Header.Set("Reply-To", mailbox)
	request.Data = []byte("sesame")
	reply := publish(ctx, js, request)
	for reply == nil {
		select {
		case reply = <-replied:
		case <-reconnected: // what was republished in the break did not arrive
			reply = stored(js, mailbox)
		case <-ctx.Done():
			if reply = stored(js, mailbox); reply == nil {
				fmt.Println("no reply yet: come back for", mailbox)
				return
			}
		}
	}
	fmt.Println(reply.Header.Get("Reply-Status"), string(reply.Data))
}

// publish sends the request until the server says that it is stored. It returns the reply if that is stored already.
func publish(ctx context.Context, js jetstream.JetStream, request *nats.Msg) *nats.Msg {
	id, mailbox := request.Header.Get("Nats-Msg-Id"), request.Header.Get("Reply-To")
	for ctx.Err() == nil {
		once, cancel := context.WithTimeout(ctx, time.Second)
		ack, err := js.PublishMsg(once, request, jetstream.WithRetryAttempts(0))
		cancel()
		var api jetstream.JetStreamError
		switch {
		case err == nil && ack.Duplicate:
			fmt.Printf("%s: message %d in REQUESTS, sent before\n", id, ack.Sequence)
			return stored(js, mailbox) // it was republished only once
		case err == nil:
			fmt.Printf("%s: message %d in REQUESTS\n", id, ack.Sequence)
			return nil
		case errors.As(err, &api) || errors.Is(err, jetstream.ErrNoStreamResponse):
			log.Fatal(err) // nothing is stored
		}
		// Without a PubAck it may be stored, and answered: else it is sent again.
		if reply := stored(js, mailbox); reply != nil {
			return reply
		}
	}
	return nil
}

// stored reads the mailbox.
func stored(js jetstream.JetStream, mailbox string) *nats.Msg {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	msg, err := js.Conn().RequestWithContext(ctx, "$JS.API.DIRECT.GET.REPLIES."+mailbox, nil)
	if err != nil || msg.Header.Get("Status") != "" {
		return nil
	}
	return msg
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
