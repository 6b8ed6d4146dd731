//! Which program asked for what, and with which credential (S58, S63): one row a request, kept for 30 days.
//!
//! Writing it must not slow a request, so a request only leaves a note in a bounded queue, and one task
//! writes the notes in batches, twice a second. A crash loses at most what came in that time. Where the queue is
//! full, notes are dropped and counted in `portal_api_requests_unlogged_total`, rather than requests held up.

mod filter;
mod queries;
pub mod web;
mod writer;

use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _};
use chrono::{DateTime, Utc};
use ipnet::IpNet;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::api::client::{Credential, Traces};
use crate::platform::app::App;
use crate::platform::ids::{AccountId, new_uuid};
use crate::platform::web::caller::Caller;
use crate::routes;

/// Notes that wait at most.
const WAITING: usize = 50_000;

/// One request, as it will be written.
#[derive(Clone, Debug)]
struct Note {
    id: Uuid,
    account: AccountId,
    at: DateTime<Utc>,
    method: String,
    route: String,
    status: u16,
    credential: Option<Credential>,
    ip: IpNet,
    country: Option<String>,
    agent: String,
    took: Duration,
}

enum Message {
    Note(Box<Note>),
    /// Write what waits now, and say when that is done.
    Flush(oneshot::Sender<()>),
    Close,
}

/// The way into the log.
#[derive(Clone)]
pub struct RequestLog(mpsc::Sender<Message>);

impl RequestLog {
    /// Starts the task that writes. It ends after [`RequestLog::close`], when everything is written.
    pub fn start(app: &App) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(sender), tokio::spawn(writer::run(app.clone(), receiver)))
    }

    /// Writes what waits in this process, so that whoever looks at the log sees their last request.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.0.send(Message::Flush(done)).await.is_ok() {
            let _ = written.await;
        }
    }

    /// Lets the task write what waits, and end.
    pub async fn close(&self) {
        let _ = self.0.send(Message::Close).await;
    }

    fn note(&self, note: Note) {
        if self.0.try_send(Message::Note(Box::new(note))).is_err() {
            metrics::counter!("portal_api_requests_unlogged_total").increment(1);
        }
    }
}

/// Middleware: notes each request below `/v1` whose account is known, and tells what is left of its limit.
///
/// # Errors
/// None of its own.
pub async fn record<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if !request.path().starts_with("/v1/") {
        return next.call(request).await;
    }
    let began = Instant::now();
    let mut response = next.call(request).await?;
    let Some(traces) = response.request().extensions().get::<Traces>().copied() else { return Ok(response) };
    for (name, value) in traces.left.into_iter().flat_map(crate::api::limits::Left::headers) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    if let (Some(account), Some(log)) = (traces.account, response.request().app_data::<Data<RequestLog>>()) {
        log.note(note(&response, account, traces.credential, began.elapsed()));
    }
    Ok(response)
}

fn note<B>(
    response: &ServiceResponse<B>,
    account: AccountId,
    credential: Option<Credential>,
    took: Duration,
) -> Note {
    let request = response.request();
    let app = request.app_data::<Data<App>>().expect("every server has its App");
    let (at, caller) = (app.clock.now(), Caller::of(request));
    Note {
        id: new_uuid(at),
        account,
        at,
        method: request.method().to_string(),
        // The pattern, never the path: a path may hold what somebody typed.
        route: routes::path_of(request).unwrap_or("unmatched").to_owned(),
        status: response.status().as_u16(),
        credential,
        ip: IpNet::from(caller.ip),
        country: caller.country,
        agent: caller.user_agent,
        took,
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    fn a_note() -> Note {
        let at = DateTime::from_timestamp(1_800_000_000, 0).expect("a moment");
        Note {
            id: new_uuid(at),
            account: AccountId::new(at),
            at,
            method: "GET".into(),
            route: "/v1/accounts/{account}/storage".into(),
            status: 200,
            credential: None,
            ip: "192.0.2.7/32".parse().expect("an address"),
            country: None,
            agent: String::new(),
            took: Duration::from_millis(1),
        }
    }

    #[test]
    fn where_the_queue_is_full_a_note_is_dropped_and_counted_and_nobody_waits() {
        let (sender, mut receiver) = mpsc::channel(2);
        let log = RequestLog(sender);
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            for _ in 0..5 {
                log.note(a_note());
            }
        });
        let page = recorder.handle().render();
        assert!(page.contains("portal_api_requests_unlogged_total 3"), "{page}");
        assert_eq!(std::iter::from_fn(|| receiver.try_recv().ok()).count(), 2);
    }
}
