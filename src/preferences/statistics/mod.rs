//! Which pages are looked at, by browsers that agreed to be counted (S22, S31). Nobody can be told from the count: it
//! knows a day, the page, the host of the page before and the country, and adds up.
//!
//! A request only adds to a sum in memory; one task writes the sums every two seconds, in one statement. A crash loses
//! at most what was counted in that time. Counts never leave the house, and there is nothing in them to sell (S23).

mod page_view;
mod queries;
pub mod web;

pub use page_view::Purpose;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use self::page_view::PageView;
use crate::platform::app::App;

/// How often the sums are written.
const EVERY: Duration = Duration::from_secs(2);
/// Different sums that wait at most. What comes beyond is not counted.
const WAITING: usize = 2_000;

type Sums = HashMap<PageView, i64>;

/// The counter of this process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Statistics(Arc<Counter>);

#[derive(Default)]
struct Counter {
    sums: Mutex<Sums>,
    closed: Notify,
}

impl Statistics {
    /// Starts the task that writes. It ends after [`Statistics::close`], when everything is written.
    pub fn start(app: &App) -> (Self, JoinHandle<()>) {
        let statistics = Self::default();
        (statistics.clone(), tokio::spawn(statistics.run(app.clone())))
    }

    /// Lets the task write what waits, and end.
    pub fn close(&self) {
        self.0.closed.notify_one();
    }

    async fn run(self, app: App) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let closed = tokio::select! {
                _ = ticks.tick() => false,
                () = self.0.closed.notified() => true,
            };
            self.flush(&app).await;
            if closed {
                return;
            }
        }
    }

    /// Writes what this process has counted. What cannot be written waits for the next time.
    pub async fn flush(&self, app: &App) {
        let sums = std::mem::take(&mut *self.0.sums.lock().unwrap_or_else(PoisonError::into_inner));
        if sums.is_empty() {
            return;
        }
        let written = async {
            let mut conn = app.db.get().await?;
            anyhow::Ok(queries::add(&mut conn, &sums).await?)
        };
        if let Err(error) = written.await {
            tracing::error!(error = format!("{error:#}"), "page statistics were not written");
            for (view, count) in sums {
                self.add(view, count);
            }
        }
    }

    fn add(&self, view: PageView, count: i64) {
        let mut sums = self.0.sums.lock().unwrap_or_else(PoisonError::into_inner);
        if sums.len() < WAITING || sums.contains_key(&view) {
            *sums.entry(view).or_default() += count;
        } else {
            metrics::counter!("portal_page_views_uncounted_total").increment(count.unsigned_abs());
        }
    }
}

/// Middleware inside the sessions: counts a page that was shown to a browser that agreed.
///
/// # Errors
/// None of its own.
pub async fn count<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let response = next.call(request).await?;
    if let (Some(view), Some(statistics)) =
        (PageView::of(&response), response.request().app_data::<Data<Statistics>>())
    {
        statistics.add(view, 1);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_invented_pages_before_fills_no_memory() {
        let statistics = Statistics::default();
        let view = |host: usize| PageView {
            day: chrono::DateTime::UNIX_EPOCH,
            page: "/".into(),
            referrer_host: format!("host{host}.example"),
            country: String::new(),
            purpose: Purpose::Visitors,
        };
        for host in 0..WAITING + 10 {
            statistics.add(view(host), 1);
        }
        statistics.add(view(0), 1);
        let sums = statistics.0.sums.lock().unwrap();
        assert_eq!((sums.len(), sums[&view(0)]), (WAITING, 2));
    }
}
