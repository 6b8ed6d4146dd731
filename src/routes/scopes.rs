//! How actix is told of the site map. It tries what it knows in turn, and to try a pattern costs more than most of what comes
//! after it: so there is one entry for each path, whole paths stand before patterns, and a request is offered only those with
//! the same first part. Which entry took a request is noted, because to ask actix for it later is to try all patterns again.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::{HttpMessage as _, HttpRequest, guard, web};

/// What may stand last in paths that are the same before it.
pub(super) type Names = BTreeMap<&'static str, Vec<&'static str>>;

/// The names that stand last in these paths.
pub(super) fn names_by_stem(paths: &[&'static str]) -> Names {
    let mut names = Names::new();
    for (stem, last) in paths.iter().filter_map(|path| path.rsplit_once('/')) {
        if !last.starts_with('{') {
            names.entry(stem).or_default().push(last);
        }
    }
    names
}

/// Names that stand where this path ends in a placeholder: `export` beside `…/{claim}`. They are no records, so a method
/// that they do not have is not one of a record called so.
fn names_beside(path: &str, names: &Names) -> Vec<&'static str> {
    match path.rsplit_once('/') {
        Some((stem, last)) if last.starts_with('{') => names.get(stem).cloned().unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The first part of a path, with the slash before it, and what follows.
pub(super) fn parted(path: &str) -> (&str, &str) {
    let end = path.get(1..).and_then(|rest| rest.find('/')).map_or(path.len(), |slash| slash + 1);
    path.split_at(end)
}

/// Whether a route of this method takes a request; HEAD is GET without the body.
fn takes(method: &Method, request: &Method) -> bool {
    method == request || method == Method::GET && request == Method::HEAD
}

/// The path of the site map that a request was led to.
#[derive(Clone, Copy)]
struct Taken(&'static str);

/// Notes where a request was led to.
pub(super) fn note_taken(request: &HttpRequest, path: &'static str) {
    request.extensions_mut().insert(Taken(path));
}

/// Where a request was led to; nothing if nowhere, or not yet.
pub(super) fn taken(request: &HttpRequest) -> Option<&'static str> {
    request.extensions().get::<Taken>().map(|taken| taken.0)
}

/// What is at one path.
struct Path {
    whole: &'static str,
    /// What follows its first part.
    rest: &'static str,
    /// What may not stand in its last place.
    names: Vec<&'static str>,
    routes: Vec<(Method, actix_web::Route)>,
}

impl Path {
    /// It takes its own methods alone: a request with another may mean what comes later.
    fn resource(self) -> actix_web::Resource {
        let Self { whole, rest, names, routes } = self;
        let methods: Vec<Method> = routes.iter().map(|(method, _)| method.clone()).collect();
        let resource = web::resource(rest).guard(guard::fn_guard(move |context| {
            let head = context.head();
            let is_meant = methods.iter().any(|method| takes(method, &head.method))
                && (names.is_empty()
                    || head.uri.path().rsplit('/').next().is_none_or(|last| !names.contains(&last)));
            if is_meant {
                context.req_data_mut().insert(Taken(whole));
            }
            is_meant
        }));
        routes.into_iter().fold(resource, |resource, (method, route)| {
            resource
                .route(route.guard(guard::fn_guard(move |context| takes(&method, &context.head().method))))
        })
    }
}

/// What is at every path, by the first part of it.
#[derive(Default)]
pub(super) struct Scopes(BTreeMap<&'static str, Vec<Path>>);

impl Scopes {
    /// Adds what a path does with a method. What was added first is tried first.
    pub(super) fn add(&mut self, method: Method, path: &'static str, names: &Names, route: actix_web::Route) {
        // `/` has no part.
        let (first, rest) = if path == "/" { ("", path) } else { parted(path) };
        let paths = self.0.entry(first).or_default();
        match paths.iter_mut().find(|path| path.rest == rest) {
            Some(path) => path.routes.push((method, route)),
            None => {
                let names = names_beside(path, names);
                paths.push(Path { whole: path, rest, names, routes: vec![(method, route)] });
            }
        }
    }

    /// Tells actix.
    pub(super) fn register(self, config: &mut web::ServiceConfig) {
        for (first, paths) in self.0 {
            let resources = paths.into_iter().map(Path::resource);
            if first.is_empty() {
                resources.fold(&mut *config, |config, resource| config.service(resource));
            } else {
                config.service(resources.fold(web::scope(first), |scope, resource| scope.service(resource)));
            }
        }
    }
}
