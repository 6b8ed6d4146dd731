//! The OpenAPI 3.1 document, made from the handlers and their types, so that it cannot say anything else than they
//! do. Client generators and testers read it at `/v1/openapi.json`, people read the reference that is made from it.

use std::sync::LazyLock;

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::labels;
use super::problem::{FieldError, Problem};
use crate::accounts::{self, leak_desk};
use crate::content::{claims, communications, end_users, storage};
use crate::platform::app::App;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "LossExpress API",
        version = "1",
        description = "Claims, communications and the people in them, kept in your account and handled as you instruct.",
        contact(name = "LossExpress", email = "info@lossexpress.com"),
        license(name = "See the terms of service", url = "/terms"),
    ),
    paths(
        claims::api::index,
        claims::api::create,
        claims::import::api::create,
        claims::export::show,
        claims::api::show,
        claims::api::update,
        claims::api::destroy,
        communications::api::index,
        communications::api::create,
        communications::api::show,
        communications::api::update,
        communications::api::destroy,
        communications::api::body,
        communications::statuses::index,
        communications::statuses::create,
        storage::api::index,
        storage::api::show,
        storage::api::update,
        accounts::api::show,
        end_users::api::find,
        end_users::api::copy,
        end_users::api::restrictions::index,
        end_users::api::restrictions::create,
        end_users::api::restrictions::show,
        end_users::api::restrictions::lift,
        end_users::api::deletions::create,
        end_users::api::deletions::index,
        end_users::api::deletions::show,
        leak_desk::api::create,
    ),
    components(schemas(Problem, FieldError)),
    tags(
        (name = "Claims", description = "Claims on insured vehicles."),
        (name = "Communications", description = "Messages that were sent or received: who, when and how it went, and apart from that what they say."),
        (name = "Account", description = "The account that a credential belongs to."),
        (name = "Storage", description = "How long content is kept."),
        (name = "End users", description = "The people in the content: find, copy, restrict and delete what is kept about somebody."),
        (name = "Leaked secrets", description = "Where secrets are handed in that were found in the open."),
    ),
    modifiers(&Credentials),
)]
struct Document;

/// How a request is signed.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let basic = Http::builder()
            .scheme(HttpAuthScheme::Basic)
            .description(Some("SID and auth token of an account, or SID and secret of an API key."));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("basic", SecurityScheme::Http(basic.build()));
    }
}

/// The document as the code has it: fields carry `x-data`, the place on the data map.
pub fn source() -> Value {
    let mut document = serde_json::to_value(Document::openapi()).expect("a document serialises");
    lift(&mut document);
    shape(&mut document);
    document
}

/// SIDs of what a path ends in, and of what a list has.
const SIDS: [(&str, &str); 6] = [
    ("account", "AC"),
    ("claim", "CL"),
    ("communication", "CM"),
    ("deletion", "DE"),
    ("restriction", "RE"),
    ("search", "(CL|CM)"),
];

/// What a parameter looks like is the same wherever it stands, so it is said here: SIDs, keys, VINs; and a header may
/// be left out, but is never null.
fn shape(document: &mut Value) {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    let operations = paths.flat_map(|(path, methods)| {
        methods.as_object_mut().into_iter().flatten().map(move |(_, operation)| (path, operation))
    });
    for (path, operation) in operations {
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap_or_default();
            let list = path.rsplit('/').next().unwrap_or_default();
            let of = if name == "after" { list } else { name };
            let sid = SIDS.iter().find(|(what, _)| *what == of || format!("{what}s") == of);
            let pattern = match name {
                "Idempotency-Key" => Some("^[!#-~]([ -~]{0,253}[!#-~])?$".to_owned()),
                "vin" => Some("^[A-HJ-NPR-Za-hj-npr-z0-9]{17}$".to_owned()),
                _ => sid.map(|(_, prefix)| format!("^{prefix}[0-9a-f]{{32}}$")),
            };
            if parameter["in"] == "header" {
                parameter["schema"]["type"] = json!("string");
            }
            if let Some(pattern) = pattern {
                parameter["schema"]["pattern"] = json!(pattern);
            }
        }
    }
}

/// Where a field is a list of plain values, utoipa puts its `x-data` on the values; it belongs to the field.
fn lift(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object_mut().into_iter().flatten();
    let fields = schemas.filter_map(|(_, schema)| schema.get_mut("properties")?.as_object_mut()).flatten();
    for (_, field) in fields {
        let place = field.get_mut("items").and_then(|items| items.as_object_mut()?.remove("x-data"));
        if let Some(place) = place {
            field["x-data"] = place;
        }
    }
}

/// The document as it is served: fields carry their class, handling and deletion.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = source();
    labels::resolve(&mut document);
    document
});

/// `GET /v1/openapi.json`
pub async fn show(app: web::Data<App>) -> HttpResponse {
    let mut document = DOCUMENT.clone();
    document["servers"] = json!([{ "url": app.config.base_url }]);
    document["info"]["license"]["url"] = json!(format!("{}/terms", app.config.base_url));
    HttpResponse::Ok().json(document)
}
