//! A requester with nothing but async-nats: `cargo run --bin requester order-bagel`. The steps: docs/protocol.md.
use std::{env, sync::Arc, time::Duration};

use async_nats::jetstream::{Context, ContextBuilder, context::PublishErrorKind, message::PublishMessage, stream::Stream};
use async_nats::{ConnectOptions, Error, Event, HeaderMap};
use futures_util::StreamExt;
use tokio::{sync::Notify, time};
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut args = env::args().skip(1);
    let order = args.next().unwrap_or("order-sandwich".into());
    let timeout = Duration::from_millis(args.next().map_or(Ok(5000), |ms| ms.parse())?);
    let id = args.next().unwrap_or_else(|| Uuid::new_v4().to_string());
    let mailbox = format!("replies.rs.{id}");

    let connected = Arc::new(Notify::new()); // at the start too: the mailbox is read once more than necessary
    let notify = connected.clone();
    let nc = ConnectOptions::new()
        .event_callback(move |event| {
            if event == Event::Connected {
                notify.notify_one();
            }
            async {}
        })
        .connect(env::var("NATS_URL").unwrap_or("nats://127.0.0.1:4222".into()))
        .await?;
    let js = ContextBuilder::new().timeout(Duration::from_secs(1)).build(nc.clone());
    let replies = js.get_stream_no_info("REPLIES").await?;

    // Listen first: the reply may be there before the PubAck.
    let mut replied = nc.subscribe(format!("replied.rs.{id}")).await?;
    nc.flush().await?;

    let answer = async {
        let mut reply = publish(&js, &replies, &order, &id, &mailbox).await?;
        while reply.is_none() {
            reply = tokio::select! {
                Some(msg) = replied.next() => Some(line(&msg.headers.unwrap_or_default(), &msg.payload)),
                // What was republished in a break did not arrive.
                _ = connected.notified() => stored(&replies, &mailbox).await,
            };
        }
        Ok::<_, Error>(reply)
    };
    let reply = match time::timeout(timeout, answer).await {
        Ok(reply) => reply?,
        Err(_) => stored(&replies, &mailbox).await,
    };
    println!("{}", reply.unwrap_or(format!("no reply yet: come back for {mailbox}")));
    Ok(())
}

/// Sends the request until the server says that it is stored. Returns the reply if that is stored already.
async fn publish(js: &Context, replies: &Stream<()>, order: &str, id: &str, mailbox: &str) -> Result<Option<String>, Error> {
    loop {
        let request = PublishMessage::build()
            .message_id(id) // sent again with the same id, it is stored once
            .expected_stream("REQUESTS")
            .header("Reply-To", mailbox)
            .payload("sesame".into());
        match async { js.send_publish(format!("requests.{order}"), request).await?.await }.await {
            Ok(ack) if ack.duplicate => {
                println!("{id}: message {} in REQUESTS, sent before", ack.sequence);
                return Ok(stored(replies, mailbox).await); // it was republished only once
            }
            Ok(ack) => {
                println!("{id}: message {} in REQUESTS", ack.sequence);
                return Ok(None);
            }
            // Without a PubAck it may be stored, and answered: else it is sent again.
            Err(error) if matches!(error.kind(), PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe) => {
                let reply = stored(replies, mailbox).await;
                if reply.is_some() {
                    return Ok(reply);
                }
            }
            Err(error) => return Err(error.into()), // nothing is stored
        }
    }
}

/// Reads the mailbox.
async fn stored(replies: &Stream<()>, mailbox: &str) -> Option<String> {
    let reply = replies.direct_get_last_for_subject(mailbox).await.ok()?;
    Some(line(&reply.headers, &reply.payload))
}

fn line(headers: &HeaderMap, payload: &[u8]) -> String {
    let status = headers.get("Reply-Status").map_or("", |value| value.as_str());
    format!("{status} {}", String::from_utf8_lossy(payload))
}
