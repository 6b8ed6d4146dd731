//! The reference, for people: every operation and every field of the API, made from the same document that programs
//! read. Each field says which class of data it is, how it is handled and when it is deleted (S6).

use actix_web::{HttpRequest, web};
use serde_json::Value;

use super::openapi::DOCUMENT;
use super::problem::KINDS;
use super::scopes::Scope;
use crate::platform::app::App;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::routes::{self, Guard};
use crate::trust::suspensions::{Act, Level};

/// The operations about one thing.
struct Group {
    anchor: String,
    title: String,
    about: String,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    title: String,
    about: String,
    scope: &'static str,
    parameters: Vec<Parameter>,
    /// Types that it takes: media type and name of the schema.
    takes: Vec<(String, String)>,
    answers: Vec<Answer>,
}

struct Parameter {
    name: String,
    place: String,
    about: String,
}

struct Answer {
    status: String,
    about: String,
    schema: String,
}

struct Schema {
    name: String,
    about: String,
    fields: Vec<FieldRow>,
}

struct FieldRow {
    name: String,
    kind: String,
    /// The schema that the kind leads to; empty for a plain one.
    link: String,
    about: String,
    required: bool,
    class: String,
    handling: String,
    deleted: String,
}

struct ProblemRow {
    status: u16,
    slug: &'static str,
    title: &'static str,
}

struct ScopeRow {
    name: &'static str,
    about: &'static str,
}

/// A level of a suspension: what works in it, in the order of the acts.
struct LevelRow {
    label: &'static str,
    about: &'static str,
    works: Vec<bool>,
}

#[derive(askama::Template)]
#[template(path = "api/reference.html")]
struct ShowPage {
    page: Page,
    base_url: String,
    groups: Vec<Group>,
    schemas: Vec<Schema>,
    problems: Vec<ProblemRow>,
    scopes: Vec<ScopeRow>,
    levels: Vec<LevelRow>,
    acts: Vec<(usize, &'static str)>,
}

/// What works in each level, from the table that the guards read.
fn levels() -> Vec<LevelRow> {
    let works = |level: Level| Act::ALL.into_iter().map(|act| level.allows(act)).collect();
    Level::ALL
        .map(|level| LevelRow { label: level.label(), about: level.about(), works: works(level) })
        .into()
}

/// `GET /docs/api`
pub async fn show(app: web::Data<App>, request: HttpRequest) -> WebResult {
    pages::ok(&ShowPage {
        page: Page::of(&request, "API reference"),
        base_url: app.config.base_url.clone(),
        groups: groups(&DOCUMENT),
        schemas: schemas(&DOCUMENT),
        problems: KINDS
            .iter()
            .map(|(status, slug, title)| ProblemRow { status: status.as_u16(), slug, title })
            .collect(),
        scopes: Scope::ALL.map(|scope| ScopeRow { name: scope.as_str(), about: scope.about() }).into(),
        levels: levels(),
        acts: Act::ALL.map(Act::label).into_iter().enumerate().collect(),
    })
}

/// A text without the signs that mark code in comments.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().replace('`', "")
}

fn anchor(name: &str) -> String {
    name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn groups(document: &Value) -> Vec<Group> {
    let tags = document["tags"].as_array().into_iter().flatten();
    tags.map(|tag| Group {
        anchor: anchor(&text(&tag["name"])),
        title: text(&tag["name"]),
        about: text(&tag["description"]),
        operations: operations(document, &tag["name"]),
    })
    .collect()
}

fn operations(document: &Value, tag: &Value) -> Vec<Operation> {
    entries(&document["paths"])
        .flat_map(|(path, methods)| {
            entries(methods).map(move |(method, operation)| (path, method, operation))
        })
        .filter(|(.., operation)| operation["tags"].as_array().is_some_and(|tags| tags.contains(tag)))
        .map(|(path, method, operation)| Operation {
            id: text(&operation["operationId"]),
            method: method.to_uppercase(),
            path: path.clone(),
            title: text(&operation["summary"]),
            about: text(&operation["description"]),
            scope: scope(method, path),
            parameters: parameters(&operation["parameters"]),
            takes: content(&operation["requestBody"]["content"]),
            answers: answers(&operation["responses"]),
        })
        .collect()
}

/// The scope that the site map asks for; empty where anybody may ask.
fn scope(method: &str, path: &str) -> &'static str {
    let method = method.to_uppercase();
    let route = routes::routes().into_iter().find(|route| route.path == path && route.method == *method);
    match route.map(|route| route.guard) {
        Some(Guard::Api(scope)) => scope.as_str(),
        _ => "",
    }
}

fn parameters(list: &Value) -> Vec<Parameter> {
    let all = list.as_array().into_iter().flatten();
    all.map(|parameter| Parameter {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        about: text(&parameter["description"]),
    })
    .collect()
}

fn content(content: &Value) -> Vec<(String, String)> {
    entries(content).map(|(media_type, body)| (media_type.clone(), reference(&body["schema"]))).collect()
}

fn answers(responses: &Value) -> Vec<Answer> {
    entries(responses)
        .map(|(status, response)| Answer {
            status: status.clone(),
            about: text(&response["description"]),
            schema: content(&response["content"])
                .into_iter()
                .map(|(_, schema)| schema)
                .next()
                .unwrap_or_default(),
        })
        .collect()
}

/// The name of the schema that a value leads to, directly, in a list or as one of several; empty for none.
fn reference(schema: &Value) -> String {
    let direct = text(&schema["$ref"]);
    if let Some(name) = direct.strip_prefix("#/components/schemas/") {
        return name.to_owned();
    }
    let several = ["oneOf", "anyOf", "allOf"].iter().filter_map(|word| schema[*word].as_array()).flatten();
    let within = several.chain(schema.get("items"));
    within.map(reference).find(|name| !name.is_empty()).unwrap_or_default()
}

fn schemas(document: &Value) -> Vec<Schema> {
    entries(&document["components"]["schemas"])
        .map(|(name, schema)| Schema {
            name: name.clone(),
            about: about(schema),
            fields: entries(&schema["properties"]).map(|(field, value)| row(schema, field, value)).collect(),
        })
        .collect()
}

/// What a schema is; for a choice also between what.
fn about(schema: &Value) -> String {
    let choices: Vec<String> = schema["enum"].as_array().into_iter().flatten().map(text).collect();
    if choices.is_empty() {
        return text(&schema["description"]);
    }
    format!("{} One of: {}.", text(&schema["description"]), choices.join(", "))
}

fn row(schema: &Value, name: &str, field: &Value) -> FieldRow {
    let required = schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name));
    let days = field["x-delete-within-days"].as_i64();
    let from = text(&field["x-delete-counts-from"]);
    FieldRow {
        name: name.to_owned(),
        kind: kind(field),
        link: reference(field),
        about: text(&field["description"]),
        required,
        class: text(&field["x-data-class"]),
        handling: text(&field["x-data-handling"]),
        deleted: days.map_or(from.clone(), |days| format!("within {days} days of {from}")),
    }
}

/// The type of a field in a few words.
fn kind(field: &Value) -> String {
    let named = reference(field);
    let many =
        field["type"] == "array" || field["type"].as_array().is_some_and(|all| all.contains(&"array".into()));
    if !named.is_empty() {
        return if many { format!("list of {named}") } else { named };
    }
    if many {
        return format!("list of {}", kind(&field["items"]));
    }
    let plain = match &field["type"] {
        Value::Array(types) => types.iter().map(text).collect::<Vec<_>>().join(" or "),
        one => text(one),
    };
    match field["format"].as_str() {
        Some(format) => format!("{plain} ({format})"),
        None => plain,
    }
}
