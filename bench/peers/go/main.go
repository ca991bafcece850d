// The kit's protocol in Go (docs/protocol.md): a requester with a mailbox and a responder, for `npm run bench:peers`.
// One line on stdin is one load: "<requests> <in flight> <payload bytes>". The answer is one line of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
)

const batch = 500

func main() {
	role, url, user := os.Args[1], os.Args[2], os.Args[3]
	nc, err := nats.Connect(url, nats.UserInfo(user, user))
	check(err)
	if role == "responder" {
		respond(nc)
	} else {
		request(nc)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func lastToken(subject string) string { return subject[strings.LastIndexByte(subject, '.')+1:] }

func request(nc *nats.Conn) {
	var waiting sync.Map
	_, err := nc.Subscribe("replied.alice.*", func(m *nats.Msg) {
		if done, ok := waiting.LoadAndDelete(lastToken(m.Subject)); ok && m.Header.Get("Reply-Status") == "ok" {
			close(done.(chan struct{}))
		}
	})
	check(err)
	acks := nats.NewInbox()
	_, err = nc.Subscribe(acks+".*", func(m *nats.Msg) {
		if !strings.Contains(string(m.Data), `"seq":`) {
			fmt.Fprintln(os.Stderr, "no PubAck:", string(m.Data))
			os.Exit(1)
		}
	})
	check(err)
	check(nc.Flush())
	fmt.Println("{}")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var requests, inFlight, size int
		_, err := fmt.Sscan(lines.Text(), &requests, &inFlight, &size)
		check(err)
		payload := []byte(strings.Repeat("x", size))
		times := make([]float64, requests)
		next := make(chan int, requests)
		for i := range times {
			next <- i
		}
		close(next)
		var all sync.WaitGroup
		began := time.Now()
		for range inFlight {
			all.Add(1)
			go func() {
				defer all.Done()
				for i := range next {
					id := nuid.Next()
					done := make(chan struct{})
					waiting.Store(id, done)
					m := nats.NewMsg("requests.order-bench")
					m.Header.Set("Nats-Msg-Id", id)
					m.Header.Set("Nats-Expected-Stream", "REQUESTS")
					m.Header.Set("Reply-To", "replies.alice."+id)
					m.Reply = acks + "." + id
					m.Data = payload
					sent := time.Now()
					check(nc.PublishMsg(m))
					select {
					case <-done:
					case <-time.After(60 * time.Second):
						check(fmt.Errorf("no reply to %s", id))
					}
					times[i] = float64(time.Since(sent).Nanoseconds()) / 1e3
				}
			}()
		}
		all.Wait()
		seconds := time.Since(began).Seconds()
		sort.Float64s(times)
		at := func(p float64) float64 { return times[min(requests-1, int(p*float64(requests)))] }
		answer, _ := json.Marshal(map[string]float64{"seconds": seconds, "p50": at(0.5), "p99": at(0.99), "p999": at(0.999)})
		fmt.Println(string(answer))
	}
}

// respond acks a request when the PubAck of its reply has come.
func respond(nc *nats.Conn) {
	answer := []byte(strings.Repeat("x", 128))
	inbox, acks := nats.NewInbox(), nats.NewInbox()
	var lock sync.Mutex
	unconfirmed := map[string]string{}
	count, left := 0, 0
	pull := func() {
		left = batch
		next := fmt.Sprintf(`{"batch":%d,"expires":30000000000}`, batch)
		check(nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.REQUESTS.responder", inbox, []byte(next)))
	}
	_, err := nc.Subscribe(acks+".*", func(m *nats.Msg) {
		lock.Lock()
		request := unconfirmed[lastToken(m.Subject)]
		delete(unconfirmed, lastToken(m.Subject))
		lock.Unlock()
		if request != "" && strings.Contains(string(m.Data), `"seq":`) {
			check(nc.Publish(request, []byte("+ACK")))
		}
	})
	check(err)
	_, err = nc.Subscribe(inbox, func(m *nats.Msg) {
		if m.Subject == inbox { // a status ends the pull request
			pull()
			return
		}
		if left--; left == 0 {
			pull()
		}
		count++
		number := strconv.Itoa(count)
		lock.Lock()
		unconfirmed[number] = m.Reply
		lock.Unlock()
		reply := nats.NewMsg(m.Header.Get("Reply-To"))
		reply.Header.Set("Request-Id", m.Header.Get("Nats-Msg-Id"))
		reply.Header.Set("Reply-Status", "ok")
		reply.Header.Set("Nats-Expected-Last-Subject-Sequence", "0")
		reply.Reply = acks + "." + number
		reply.Data = answer
		check(nc.PublishMsg(reply))
	})
	check(err)
	pull()
	check(nc.Flush())
	fmt.Println("{}")
	bufio.NewScanner(os.Stdin).Scan() // until the benchmark closes it
}
