//! The site map: every URL with its guard and its handler. The guard named here is the extractor
//! that the handler takes; a test walks every route as every kind of visitor and compares.

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, guard, web};

use crate::platform::development;
use crate::platform::error::AppError;
use crate::platform::web::{assets, health};
use crate::{public, staff};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Anybody.
    Anyone,
    /// Anybody with the link that was made for it.
    LinkHolder,
    /// Somebody who is signed in, a member of staff with a second factor.
    SignedIn,
    /// Signed in, with or without a factor.
    SessionHolder,
    /// Signed in and re-authenticated in the last five minutes.
    Reauthenticated,
    /// Re-authenticated; staff may still lack the factor.
    Enrolling,
    /// Staff with this right.
    Staff(staff::permissions::Permission),
}

/// One row of the site map.
#[derive(Clone, Debug)]
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Path with `{placeholders}`.
    pub path: &'static str,
    /// Who may use it.
    pub guard: Guard,
}

/// Paths where a mail program posts by itself, without a page of ours: not subject to the
/// cross-origin check.
pub const CROSS_ORIGIN_EXEMPT: &[&str] = &[];

macro_rules! site_map {
    ($name:ident, $configure:ident: $($method:ident $path:literal $guard:expr => $handler:path;)*) => {
        /// Rows of the site map.
        pub fn $name() -> Vec<Route> {
            use Guard::*;
            vec![$(Route { method: Method::from_bytes(stringify!($method).as_bytes()).expect("a method"), path: $path, guard: $guard }),*]
        }

        fn $configure(config: &mut web::ServiceConfig) {
            $(config.route($path, accepting(stringify!($method)).to($handler));)*
        }
    };
}

site_map! { routes, configure_routes:
    GET  "/" Anyone => public::home;
    GET  "/terms" Anyone => public::terms;
    GET  "/privacy" Anyone => public::privacy;
    GET  "/healthz" Anyone => health::alive;
    GET  "/readyz" Anyone => health::ready;
    GET  "/favicon.ico" Anyone => assets::favicon;
    GET  "/static/{name:.*}" Anyone => assets::show;
    GET  "/robots.txt" Anyone => public::robots;
    GET  "/.well-known/security.txt" Anyone => public::security_txt;
    GET  "/.well-known/change-password" Anyone => public::change_password;

}

site_map! { development_routes, configure_development_routes:
    GET  "/dev/mailbox" Anyone => development::mailbox::index;
    GET  "/dev/mailbox.json" Anyone => development::mailbox::json;
    GET  "/dev/mailbox/{id}/html" Anyone => development::mailbox::html;
    GET  "/dev/people.json" Anyone => development::people;
    POST "/dev/clock" Anyone => development::clock::advance;
    GET  "/dev/clock" Anyone => development::clock::show;
    GET  "/dev/components" Anyone => development::components::index;
}

/// A route for this method; HEAD is GET without the body.
fn accepting(method: &str) -> actix_web::Route {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    if method == Method::GET {
        web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
    } else {
        web::method(method)
    }
}

/// Tells actix about every route, about those of development only there, and about what is neither.
pub fn configure(config: &mut web::ServiceConfig, with_development: bool) {
    configure_routes(config);
    if with_development {
        configure_development_routes(config);
    }
    config.default_service(web::to(elsewhere));
}

/// A path that has other methods is told apart from one that does not exist.
async fn elsewhere(request: HttpRequest) -> Result<HttpResponse, AppError> {
    let methods: Vec<String> =
        routes().iter().filter(|route| matches(route.path, request.path())).map(|route| route.method.to_string()).collect();
    if methods.is_empty() {
        return Err(AppError::NotFound);
    }
    Ok(HttpResponse::MethodNotAllowed().insert_header(("allow", methods.join(", "))).finish())
}

fn matches(pattern: &str, path: &str) -> bool {
    ResourceDef::new(pattern).is_match(path)
}

/// Whether a path can be opened with GET.
pub fn can_be_read(path: &str) -> bool {
    routes().iter().any(|route| route.method == Method::GET && matches(route.path, path))
}
