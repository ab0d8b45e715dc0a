//! The other side of `cargo xtask bench intake`: a bare server that does no
//! more than append and sync, the load that both servers get, and the device alone.
//!
//! `bare FILE`, `load URL KEY CONNECTIONS SECONDS PREFIX`,
//! `events URL KEY RATE SECONDS BATCH PREFIX`, `sync FILE SECONDS`; each prints one line of JSON.
#![expect(clippy::print_stdout, reason = "a command talks on its standard output")]
#![expect(clippy::disallowed_methods, reason = "it measures time and reads its arguments")]

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Connections that keep the schedule of events.
const SENDERS: u64 = 16;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["bare", file] => tokio::runtime::Runtime::new()?.block_on(bare(file)),
        // one thread, so that the load leaves the other core to the server
        ["load", url, key, connections, seconds, prefix] => {
            alone()?.block_on(load(url, key, connections.parse()?, seconds.parse()?, prefix))
        }
        ["events", url, key, rate, seconds, batch, prefix] => {
            alone()?.block_on(events(url, key, rate.parse()?, seconds.parse()?, batch.parse()?, prefix))
        }
        ["sync", file, seconds] => sync(file, seconds.parse()?),
        _ => Err("bare FILE, load URL KEY CONNECTIONS SECONDS PREFIX, events …, sync FILE SECONDS".into()),
    }
}

fn alone() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

type Waiting = (Bytes, oneshot::Sender<()>);

/// Append what came while the last sync ran, sync, answer.
async fn bare(file: &str) -> Result<()> {
    let (queue, mut receiver) = mpsc::channel::<Waiting>(8_192);
    let mut log = File::create(file)?;
    std::thread::spawn(move || -> std::io::Result<()> {
        let mut batch = Vec::new();
        let mut bytes = Vec::new();
        while receiver.blocking_recv_many(&mut batch, 512) > 0 {
            bytes.clear();
            for (body, _) in &batch {
                bytes.extend_from_slice(&u32::try_from(body.len()).unwrap_or(0).to_le_bytes());
                bytes.extend_from_slice(body);
            }
            log.write_all(&bytes)?;
            log.sync_data()?;
            for (_, reply) in batch.drain(..) {
                let _gone = reply.send(());
            }
        }
        Ok(())
    });
    let router = Router::new().route("/api/v1/responses", post(take)).with_state(queue);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

async fn take(State(queue): State<mpsc::Sender<Waiting>>, body: Bytes) -> (StatusCode, Json<Value>) {
    let (reply, answer) = oneshot::channel();
    if queue.try_send((body, reply)).is_err() || answer.await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(Value::Null));
    }
    (StatusCode::CREATED, Json(json!({ "status": "accepted" })))
}

/// What one connection saw.
#[derive(Debug, Default)]
struct Seen {
    micros: Vec<u64>,
    refused: u64,
    with_retry_after: u64,
    failed: u64,
}

/// A kept connection.
struct Wire {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Wire {
    async fn open(url: &str, key: &str, path: &str) -> Result<Self> {
        let host = url.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).await?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
             Content-Length: "
        );
        Ok(Self { stream: BufReader::new(stream), head })
    }

    /// Status, and whether it says when to come back.
    async fn post(&mut self, body: &str) -> Result<(u16, bool)> {
        let request = format!("{}{}\r\n\r\n{body}", self.head, body.len());
        self.stream.get_mut().write_all(request.as_bytes()).await?;
        let mut line = String::new();
        self.stream.read_line(&mut line).await?;
        let status = line.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or("no status")?;
        let (mut length, mut retry) = (0, false);
        loop {
            line.clear();
            self.stream.read_line(&mut line).await?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            }
            retry |= name.eq_ignore_ascii_case("retry-after");
        }
        let mut rest = vec![0; length];
        self.stream.read_exact(&mut rest).await?;
        Ok((status, retry))
    }
}

impl Seen {
    fn note(&mut self, answer: Result<(u16, bool)>, since: Instant) {
        match answer {
            Ok((200..300, _)) => self.micros.push(u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)),
            Ok((429 | 503 | 507, retry)) => {
                self.refused += 1;
                self.with_retry_after += u64::from(retry);
            }
            _ => self.failed += 1,
        }
    }
}

fn report(all: Vec<Seen>, took: Duration, each: u64) -> Value {
    let mut micros: Vec<u64> = all.iter().flat_map(|s| s.micros.iter().copied()).collect();
    micros.sort_unstable();
    let at = |share: usize| micros.get((micros.len() * share / 1_000).min(micros.len().saturating_sub(1)));
    let ms = |micros: Option<&u64>| micros.map_or(f64::NAN, |m| *m as f64 / 1_000.0);
    let sum = |count: fn(&Seen) -> u64| all.iter().map(count).sum::<u64>();
    json!({
        "rate": (micros.len() as u64 * each) as f64 / took.as_secs_f64(), "p50": ms(at(500)), "p99": ms(at(990)),
        "longest": ms(micros.last()), "taken": micros.len(), "refused": sum(|s| s.refused),
        "with_retry_after": sum(|s| s.with_retry_after), "failed": sum(|s| s.failed),
    })
}

/// As fast as answers come, on so many connections.
async fn load(url: &str, key: &str, connections: u64, seconds: u64, prefix: &str) -> Result<()> {
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    let mut running = tokio::task::JoinSet::new();
    for connection in 0..connections {
        let (url, key, prefix) = (url.to_owned(), key.to_owned(), prefix.to_owned());
        running.spawn(async move {
            let mut seen = Seen::default();
            let Ok(mut wire) = Wire::open(&url, &key, "/api/v1/responses").await else { return seen };
            for n in 0u64.. {
                let sent = Instant::now();
                if sent >= end {
                    break;
                }
                let id = format!("{prefix}-{connection}-{n}");
                let score = if n.is_multiple_of(50) { 3 } else { 9 };
                let body = json!({ "id": id, "survey": "load", "person": { "customer_id": format!("c{}", n % 1_000) },
                    "answers": { "nps": score, "why": "the adviser called back the same day and it was settled" },
                    "context": { "touchpoint": "redeem", "segment": "load" } });
                let answer = wire.post(&body.to_string()).await;
                let broken = answer.is_err();
                seen.note(answer, sent);
                if broken {
                    break;
                }
            }
            seen
        });
    }
    let all = running.join_all().await;
    println!("{}", report(all, begun.elapsed(), 1));
    Ok(())
}

/// So many events a second in batches, whatever the server does; latency counts from the schedule.
async fn events(url: &str, key: &str, rate: u64, seconds: u64, batch: u64, prefix: &str) -> Result<()> {
    let begun = Instant::now();
    let (next, count) = (Arc::new(AtomicU64::new(0)), rate * seconds / batch);
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..SENDERS {
        let (url, key, prefix, next) = (url.to_owned(), key.to_owned(), prefix.to_owned(), Arc::clone(&next));
        running.spawn(async move {
            let mut seen = Seen::default();
            let Ok(mut wire) = Wire::open(&url, &key, "/v1/batch").await else { return seen };
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    return seen;
                }
                let due = begun + Duration::from_nanos(n * batch * 1_000_000_000 / rate);
                tokio::time::sleep_until(due.into()).await;
                let messages: Vec<Value> = (0..batch)
                    .map(|i| {
                        let user = (n * batch + i) % 5_000;
                        json!({ "type": "track", "messageId": format!("{prefix}-{n}-{i}"), "event": "Fund Viewed",
                            "userId": format!("u{user}"), "properties": { "fund": user % 40, "channel": "app" } })
                    })
                    .collect();
                let answer = wire.post(&json!({ "batch": messages }).to_string()).await;
                let broken = answer.is_err();
                seen.note(answer, due);
                if broken {
                    return seen;
                }
            }
        });
    }
    let all = running.join_all().await;
    println!("{}", report(all, begun.elapsed(), batch));
    Ok(())
}

/// What the device alone does: 4 KiB appended and synced, again and again.
fn sync(file: &str, seconds: u64) -> Result<()> {
    let mut log = File::create(file)?;
    let (begun, page, mut seen) = (Instant::now(), [7; 4_096], Seen::default());
    while begun.elapsed() < Duration::from_secs(seconds) {
        let since = Instant::now();
        log.write_all(&page)?;
        log.sync_data()?;
        seen.micros.push(u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    println!("{}", report(vec![seen], begun.elapsed(), 1));
    Ok(())
}
