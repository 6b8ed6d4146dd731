//! Logs and figures. One event per boundary with dotted fields; never an address, an IP, a token
//! or a body.

use std::net::SocketAddr;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage as _};
use anyhow::Context as _;
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};
use tracing_subscriber::EnvFilter;

use super::config::Config;
use crate::routes;

/// Starts logging to standard error. Safe to call twice (the second call does nothing).
pub fn start_logging(config: &Config) {
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = ["graphile_worker=warn", "actix_session=error", "actix_server=warn", "tokio_postgres=warn"]
        .iter()
        .fold(filter, |filter, quiet| filter.add_directive(quiet.parse().expect("a directive")));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = if config.log_json { builder.json().try_init() } else { builder.compact().try_init() };
}

/// Serves Prometheus figures on an address of their own, away from the public one.
///
/// # Errors
/// The address is taken.
pub fn start_metrics(bind: SocketAddr) -> anyhow::Result<()> {
    metrics_exporter_prometheus::PrometheusBuilder::new()
        .with_http_listener(bind)
        .install()
        .with_context(|| format!("metrics on {bind}"))?;
    metrics::describe_counter!("portal_http_requests_total", "Answers by route and status.");
    metrics::describe_histogram!(
        "portal_http_request_seconds",
        metrics::Unit::Seconds,
        "Time to answer by route."
    );
    metrics::describe_counter!(
        "portal_messages_total",
        "Attempts to deliver mail, texts and calls by outcome."
    );
    metrics::describe_counter!("portal_sign_ins_total", "Tries to sign in by method and outcome.");
    metrics::describe_counter!(
        "portal_database_unavailable_total",
        "Answers that had no database connection, by reason: busy or down."
    );
    metrics::describe_counter!("portal_jobs_total", "Finished runs of jobs by task and outcome.");
    Ok(())
}

/// Says how many there are of something that should be none, or few: whoever watches is alerted by it.
pub fn gauge(name: &'static str, count: i64) {
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    metrics::gauge!(name).set(count as f64);
}

/// The span of a request. It names the route, never the path: a path may hold a token.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        tracing::info_span!("request", http.method = %request.method(), request.id = id)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let _entered = span.enter();
        match outcome {
            Ok(response) => {
                let route = routes::path_of(response.request()).unwrap_or("unmatched");
                tracing::info!(http.route = route, http.status = response.status().as_u16(), "answered");
            }
            // What is ours is in the log already, with its cause.
            Err(error) => {
                tracing::info!(
                    http.status = error.as_response_error().status_code().as_u16(),
                    "answered at the edge"
                );
            }
        }
    }
}
