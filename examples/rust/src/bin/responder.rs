//! A responder with nothing but async-nats. The steps and the reasons for them: docs/protocol.md.
use std::{env, error::Error as _, sync::LazyLock, time::Duration};

use async_nats::jetstream::{self, AckKind, Context, ErrorCode, Message};
use async_nats::jetstream::{context::PublishErrorKind, message::PublishMessage};
use async_nats::{Error, HeaderMap};
use futures_util::StreamExt;
use regex::Regex;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval_at, sleep};

/// The address is the sender's word: a mailbox, or an inbox.
static ALLOWED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(replies\.[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_=-]+|_INBOX\.[A-Za-z0-9_.-]+)$").unwrap());

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let stop = tokio::spawn(async move {
        tokio::select! { _ = terminated.recv() => {}, _ = interrupted.recv() => {} }
    });
    let nc = async_nats::connect(env::var("NATS_URL").unwrap_or("nats://127.0.0.1:4222".into())).await?;
    let js = jetstream::new(nc.clone());
    let requests = js.get_stream_no_info("REQUESTS").await?;
    let consumer: jetstream::consumer::PullConsumer = requests.get_consumer("responder").await?;
    let ack_wait = consumer.cached_info().config.ack_wait;

    let mut running = JoinSet::new(); // the server bounds the requests in hand: max_ack_pending
    while !stop.is_finished() {
        let pull = consumer.batch().max_messages(10).expires(Duration::from_secs(3));
        let mut requests = pull.messages().await?;
        // After a signal too, until the pull ends: no request of it waits for its ack_wait.
        while let Some(Ok(msg)) = requests.next().await {
            running.spawn(answer(js.clone(), ack_wait, msg));
        }
        while running.try_join_next().is_some() {}
    }
    running.join_all().await;
    nc.drain().await?; // the last acks
    Ok(())
}

async fn answer(js: Context, ack_wait: Duration, msg: Message) -> Result<(), Error> {
    let asked = msg.headers.clone().unwrap_or_default();
    let address = asked.get("Reply-To").map_or("", |value| value.as_str());
    if !ALLOWED.is_match(address) {
        return msg.ack_with(AckKind::Term).await;
    }
    let mailbox = address.starts_with("replies.");
    if mailbox && answered(&js, &msg, address).await? {
        return msg.ack().await;
    }
    let (status, text) = in_progress(&msg, ack_wait, handle(&msg.subject)).await?;
    let headers = reply_headers(&asked, status, &text);
    if !mailbox {
        js.client()
            .publish_with_headers(address.to_owned(), headers, text.into())
            .await?;
        return settle(&msg, status).await;
    }
    let reply = PublishMessage::build()
        .headers(headers)
        .payload(text.into())
        .expected_last_subject_sequence(0); // create-only: the first reply wins
    let stored = async { js.send_publish(address.to_owned(), reply).await?.await }.await;
    let Err(error) = stored else {
        return settle(&msg, status).await; // only now: the reply is stored
    };
    let code = error
        .source()
        .and_then(|cause| cause.downcast_ref::<jetstream::Error>())
        .map(|cause| cause.error_code());
    match error.kind() {
        PublishErrorKind::WrongLastSequence => settle(&msg, status).await, // another reply was first
        _ if code == Some(ErrorCode::STREAM_HEADER_EXCEEDS_MAXIMUM) => msg.ack_with(AckKind::Term).await, // its id is too long
        // Unknown: after ack_wait the request comes again, and create-only decides.
        PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => Ok(()),
        _ => msg.ack_with(AckKind::Nak(Some(Duration::from_secs(1)))).await,
    }
}

async fn settle(msg: &Message, status: &str) -> Result<(), Error> {
    msg.ack_with(if status == "rejected" { AckKind::Term } else { AckKind::Ack })
        .await
}

/// Reads the mailbox of a redelivered request: its first delivery may have stored the reply.
async fn answered(js: &Context, msg: &Message, mailbox: &str) -> Result<bool, Error> {
    if msg.info()?.delivered == 1 {
        return Ok(false);
    }
    let replies = js.get_stream_no_info("REPLIES").await?;
    Ok(replies.direct_get_last_for_subject(mailbox).await.is_ok())
}

/// Keeps the request in progress while the work runs.
async fn in_progress<T>(msg: &Message, ack_wait: Duration, work: impl Future<Output = T>) -> Result<T, Error> {
    let mut tick = interval_at(Instant::now() + ack_wait / 3, ack_wait / 3);
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok(done),
            _ = tick.tick() => msg.ack_with(AckKind::Progress).await?,
        }
    }
}

async fn handle(subject: &str) -> (&'static str, String) {
    let order = subject.trim_start_matches("requests.");
    let dish = match order {
        "order-sandwich" => "🥪",
        "order-bagel" => "🥯",
        "order-flatbread" => "🥙",
        "order-feast" => {
            sleep(Duration::from_secs(5)).await;
            "🍱"
        }
        _ => return ("rejected", format!("no such order: {order}")),
    };
    ("ok", dish.to_owned())
}

fn reply_headers(asked: &HeaderMap, status: &str, text: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    // The first id, if the request is replayed.
    if let Some(id) = asked.get("Request-Id").or(asked.get("Nats-Msg-Id")) {
        headers.insert("Request-Id", id.clone());
    }
    if let Some(subject) = asked.get("Request-Subject") {
        headers.insert("Request-Subject", subject.clone());
    }
    headers.insert("Reply-Status", status);
    if status != "ok" {
        headers.insert("Nats-Service-Error", text);
        headers.insert("Nats-Service-Error-Code", "404");
    }
    headers
}
