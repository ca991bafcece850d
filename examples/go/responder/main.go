// A responder with nothing but nats.go. The steps and the reasons for them: docs/protocol.md.
package main

import (
	"cmp"
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var menu = map[string]string{"order-sandwich": "🥪", "order-bagel": "🥯", "order-flatbread": "🥙", "order-feast": "🍱"}

// The address is the sender's word: a mailbox, or an inbox.
var allowed = regexp.MustCompile(`^(replies\.[\w-]{1,64}\.[\w=-]+|_INBOX\.[\w.-]+)$`)

type responder struct {
	js       jetstream.JetStream
	consumer jetstream.Consumer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	nc := must(nats.Connect(cmp.Or(os.Getenv("NATS_URL"), nats.DefaultURL), nats.MaxReconnects(-1)))
	js := must(jetstream.New(nc))
	r := responder{js, must(js.Consumer(ctx, "REQUESTS", "responder"))}

	var running sync.WaitGroup
	// The server bounds the requests in hand: max_ack_pending.
	pulls := must(r.consumer.Consume(func(msg jetstream.Msg) { running.Go(func() { r.answer(msg) }) }))
	<-ctx.Done()
	pulls.Drain() // no new requests; those in hand are answered
	<-pulls.Closed()
	running.Wait()
	must(0, nc.FlushTimeout(2*time.Second)) // the last acks
}

func (r responder) answer(msg jetstream.Msg) {
	address := msg.Headers().Get("Reply-To")
	if !allowed.MatchString(address) {
		msg.Term()
		return
	}
	mailbox := strings.HasPrefix(address, "replies.")
	if mailbox && r.answered(msg, address) {
		msg.Ack()
		return
	}
	reply := r.handle(msg)
	reply.Subject = address
	rejected := reply.Header.Get("Reply-Status") == "rejected"

	switch err := r.send(reply, mailbox); {
	case err == nil, errCode(err) == 10071: // 10071: another reply was first
		if rejected {
			msg.Term()
		} else {
			msg.Ack() // only now: the reply is stored
		}
	case errCode(err) == 10097: // its id does not fit into the headers of a reply
		msg.Term()
	case errors.Is(err, nats.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		// Unknown: after ack_wait the request comes again, and create-only decides.
	default:
		msg.NakWithDelay(time.Second)
	}
}

// answered reads the mailbox of a redelivered request: its first delivery may have stored the reply.
func (r responder) answered(msg jetstream.Msg, mailbox string) bool {
	if meta, err := msg.Metadata(); err != nil || meta.NumDelivered == 1 {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	replies, err := r.js.Stream(ctx, "REPLIES")
	if err != nil {
		return false
	}
	_, err = replies.GetLastMsgForSubject(ctx, mailbox)
	return err == nil
}

// handle does the work, and meanwhile keeps the request in progress.
func (r responder) handle(msg jetstream.Msg) *nats.Msg {
	done := make(chan struct{})
	defer close(done)
	go func() {
		tick := time.NewTicker(r.consumer.CachedInfo().Config.AckWait / 3)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				msg.InProgress()
			case <-done:
				return
			}
		}
	}()

	reply := nats.NewMsg("")
	asked := msg.Headers()
	reply.Header.Set("Request-Id", cmp.Or(asked.Get("Request-Id"), asked.Get("Nats-Msg-Id"))) // the first one, if replayed
	if subject := asked.Get("Request-Subject"); subject != "" {
		reply.Header.Set("Request-Subject", subject)
	}
	order := strings.TrimPrefix(msg.Subject(), "requests.")
	if order == "order-feast" {
		time.Sleep(5 * time.Second)
	}
	dish, ok := menu[order]
	if !ok {
		dish = "no such order: " + order
		reply.Header.Set("Reply-Status", "rejected")
		reply.Header.Set("Nats-Service-Error", dish)
		reply.Header.Set("Nats-Service-Error-Code", "404")
	} else {
		reply.Header.Set("Reply-Status", "ok")
	}
	reply.Data = []byte(dish)
	return reply
}

// send stores the reply create-only, so that the first one wins. An inbox stores nothing.
func (r responder) send(reply *nats.Msg, mailbox bool) error {
	if !mailbox {
		return r.js.Conn().PublishMsg(reply)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := r.js.PublishMsg(ctx, reply, jetstream.WithExpectLastSequencePerSubject(0))
	return err
}

func errCode(err error) jetstream.ErrorCode {
	var api jetstream.JetStreamError
	if errors.As(err, &api) && api.APIError() != nil {
		return api.APIError().ErrorCode
	}
	return 0
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
