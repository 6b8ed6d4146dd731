//! The HTTP server: middleware in its order, limits and time-outs.

use std::any::Any;
use std::net::TcpListener;
use std::time::Duration;

use actix_session::SessionMiddleware;
use actix_session::config::{CookieContentSecurity, PersistentSession, TtlExtensionPolicy};
use actix_web::cookie::SameSite;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::dev::{Server, ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::{App as WebApp, Error, HttpServer, web};
use tokio::task::JoinHandle;
use tracing_actix_web::TracingLogger;

use super::session::{self, PgSessions};
use super::{cross_origin, error_pages, headers};
use crate::accounts::request_log::{self, RequestLog};
use crate::api::limits::Leases;
use crate::platform::app::App;
use crate::platform::files::upload;
use crate::platform::telemetry::RequestSpan;
use crate::preferences::signals;
use crate::preferences::statistics::{self, Statistics};
use crate::preferences::unsubscribe;
use crate::retention::rules;
use crate::routes;

/// Largest form, in bytes. Nothing in a form is longer.
const LARGEST_FORM: usize = 64 * 1024;

/// Longest time from the head of a request to its answer.
const LONGEST_REQUEST: Duration = Duration::from_secs(30);

/// Name of a cookie: with `__Host-` wherever the portal is reached over TLS.
pub fn cookie_name(app: &App, name: &str) -> String {
    if app.config.secure() { format!("__Host-{name}") } else { name.to_owned() }
}

fn sessions(app: &App, store: PgSessions) -> SessionMiddleware<PgSessions> {
    let lifecycle = PersistentSession::default()
        .session_ttl(CookieDuration::seconds(rules::SESSIONS.period.length().num_seconds()))
        .session_ttl_extension_policy(TtlExtensionPolicy::OnStateChanges);
    SessionMiddleware::builder(store, app.keys.cookie_key())
        .cookie_name(cookie_name(app, "session"))
        .cookie_secure(app.config.secure())
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".into())
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(lifecycle)
        .build()
}

/// A server that runs as soon as it is polled.
pub struct Serving {
    server: Server,
    log: RequestLog,
    statistics: Statistics,
    writers: [JoinHandle<()>; 2],
}

impl Serving {
    /// For stopping it.
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until it is stopped, and until the last requests are in the log and counted.
    ///
    /// # Errors
    /// The server broke down.
    pub async fn run(self) -> std::io::Result<()> {
        let served = self.server.await;
        self.log.close().await;
        self.statistics.close();
        for writer in self.writers {
            let _ = writer.await;
        }
        served
    }
}

/// Starts serving on a listener. Stops gracefully: requests that run have 30 seconds to finish.
///
/// # Errors
/// The listener cannot be used.
pub fn serve(app: &App, listener: TcpListener) -> std::io::Result<Serving> {
    let (log, log_writer) = RequestLog::start(app);
    let (statistics, statistics_writer) = Statistics::start(app);
    let counter = web::Data::new(statistics.clone());
    let (app, requests) = (app.clone(), web::Data::new(log.clone()));
    let leases = web::Data::new(Leases::default());
    let store = PgSessions::new(app.clone());
    let unsubscribing = web::Data::new(unsubscribe::batch::start(&app));
    let (workers, patience) = (app.config.web_workers, app.config.reader_patience);
    let server = HttpServer::new(move || {
        WebApp::new()
            .app_data(web::Data::new(app.clone()))
            .app_data(requests.clone())
            .app_data(counter.clone())
            .app_data(leases.clone())
            .app_data(unsubscribing.clone())
            .app_data(web::FormConfig::default().limit(LARGEST_FORM))
            .app_data(web::JsonConfig::default().limit(LARGEST_FORM))
            .wrap(from_fn(limit_time))
            .wrap(from_fn(cross_origin::refuse))
            .wrap(from_fn(error_pages::render))
            .wrap(from_fn(request_log::record))
            .wrap(from_fn(statistics::count))
            .wrap(from_fn(signals::honour))
            .wrap(sessions(&app, store.clone()))
            .wrap(from_fn(session::carry))
            .wrap(from_fn(headers::secure))
            .wrap(from_fn(measure))
            .wrap(TracingLogger::<RequestSpan>::new())
            .configure(|config| routes::configure(config, app.config.development))
    })
    .on_connect(move |socket, _| limit_reader(socket, patience))
    .client_request_timeout(Duration::from_secs(15))
    .client_disconnect_timeout(Duration::from_secs(5))
    .keep_alive(Duration::from_secs(75))
    .shutdown_timeout(30)
    .disable_signals();
    let server = if let Some(workers) = workers { server.workers(workers) } else { server };
    let writers = [log_writer, statistics_writer];
    Ok(Serving { server: server.listen(listener)?.run(), log, statistics, writers })
}

/// Has the system itself close a connection whose other side takes nothing of what was sent to it. The server waits
/// for room in the socket and asks for no more of an answer meanwhile, so it would not notice.
fn limit_reader(socket: &dyn Any, patience: Duration) {
    let Some(socket) = socket.downcast_ref::<TcpStream>() else { return };
    if let Err(error) = socket2::SockRef::from(socket).set_tcp_user_timeout(Some(patience)) {
        tracing::warn!(error = %error, "a connection has no limit for a reader that takes nothing");
    }
}

/// Whether a request may take as long as data keeps coming: its handler sees to that.
fn is_long(request: &ServiceRequest) -> bool {
    let (path, is_sent) = (request.path(), request.method() == actix_web::http::Method::POST);
    path.starts_with("/v1/") && path.ends_with("/import") || is_sent && upload::is_taken_at(path)
}

/// Ends a request whose body or handler takes too long, so that slow senders cannot hold the server.
async fn limit_time<B: actix_web::body::MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<actix_web::body::EitherBody<B>>, Error> {
    if is_long(&request) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let http = request.request().head().method.clone();
    match tokio::time::timeout(LONGEST_REQUEST, next.call(request)).await {
        Ok(response) => Ok(response?.map_into_left_body()),
        Err(_) => {
            tracing::warn!(http.method = %http, "a request took too long");
            Err(actix_web::error::ErrorRequestTimeout("the request took too long"))
        }
    }
}

/// Counts and times answers by route, never by address.
async fn measure(
    request: ServiceRequest,
    next: Next<impl actix_web::body::MessageBody>,
) -> Result<ServiceResponse<impl actix_web::body::MessageBody>, Error> {
    let started = std::time::Instant::now();
    let response = next.call(request).await.inspect_err(|error| {
        let status = error.as_response_error().status_code().as_str().to_owned();
        metrics::counter!("portal_http_requests_total", "route" => "none", "status" => status).increment(1);
    })?;
    let route = routes::path_of(response.request()).unwrap_or("unmatched");
    let status = response.status().as_str().to_owned();
    metrics::counter!("portal_http_requests_total", "route" => route, "status" => status).increment(1);
    metrics::histogram!("portal_http_request_seconds", "route" => route)
        .record(started.elapsed().as_secs_f64());
    Ok(response)
}
