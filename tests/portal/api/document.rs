//! The OpenAPI document says what the program does, and each field what becomes of it (S6).

use std::collections::BTreeSet;

use portal::api::labels::Label;
use portal::api::openapi;
use portal::routes::{self, Guard};
use serde_json::Value;

use crate::support::TestApp;

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Where a value names another schema, that one's fields have the labels.
fn leads_on(field: &Value) -> bool {
    let choices = ["oneOf", "anyOf", "allOf"].iter().filter_map(|word| field[*word].as_array()).flatten();
    field.get("$ref").is_some() || choices.chain(field.get("items")).any(leads_on)
}

/// The fields of an object without a label, those of objects that are written out inside of it too.
fn unlabelled(name: &str, schema: &Value, wrong: &mut Vec<String>) {
    for (field, value) in entries(&schema["properties"]) {
        let name = format!("{name}.{field}");
        // The label of a list stands with what is in it.
        let place = value["x-data"].as_str().or_else(|| value["items"]["x-data"].as_str());
        if let Some(object) = [value, &value["items"]].into_iter().find(|one| one["properties"].is_object()) {
            unlabelled(&name, object, wrong);
        } else if !leads_on(value) && place.and_then(Label::of).is_none() {
            wrong.push(format!("{name}: {value}"));
        }
    }
}

#[test]
fn every_route_of_the_api_is_in_the_document_and_nothing_else_is() {
    let document = openapi::source();
    let described: BTreeSet<(String, String)> = entries(&document["paths"])
        .flat_map(|(path, methods)| entries(methods).map(|(method, _)| (path.clone(), method.to_uppercase())))
        .collect();
    let routes = routes::routes().into_iter().filter(|route| route.path.starts_with("/v1/"));
    let served: BTreeSet<(String, String)> = routes
        .filter(|route| route.path != "/v1/openapi.json")
        .map(|route| (route.path.to_owned(), route.method.to_string()))
        .collect();
    assert_eq!(described, served);
}

#[test]
fn every_field_names_a_place_on_the_data_map() {
    let document = openapi::source();
    let mut wrong = Vec::new();
    for (name, schema) in entries(&document["components"]["schemas"]) {
        unlabelled(name, schema, &mut wrong);
    }
    assert!(wrong.is_empty(), "fields without a label:\n{}", wrong.join("\n"));
}

#[test]
fn every_operation_has_a_name_a_group_and_says_whether_it_is_signed() {
    let document = openapi::source();
    let groups: BTreeSet<&str> =
        document["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str()).collect();
    let mut names = BTreeSet::new();
    for (path, methods) in entries(&document["paths"]) {
        for (method, operation) in entries(methods) {
            let place = format!("{method} {path}");
            assert!(names.insert(operation["operationId"].to_string()), "{place} has the name of another");
            assert!(operation["summary"].as_str().is_some_and(|words| words.len() > 5), "{place}");
            let tags = operation["tags"].as_array().expect("tags");
            assert!(
                tags.iter().all(|tag| groups.contains(tag.as_str().unwrap_or_default())),
                "{place}: {tags:?}"
            );
            let route = routes::routes()
                .into_iter()
                .find(|route| route.path == path && route.method.as_str().eq_ignore_ascii_case(method));
            let signed = matches!(route.map(|route| route.guard), Some(Guard::Api(_) | Guard::AnyProgram));
            assert_eq!(
                operation["security"].as_array().is_some_and(|all| !all.is_empty()),
                signed,
                "{place}"
            );
        }
    }
}

#[test]
fn every_post_says_what_becomes_of_an_idempotency_key_and_every_change_what_it_needs() {
    let document = openapi::source();
    let header = |operation: &Value, name: &str| {
        let all = operation["parameters"].as_array().into_iter().flatten();
        all.filter(|one| one["in"] == "header" && one["name"] == name).count()
    };
    for (path, methods) in entries(&document["paths"]) {
        for (method, operation) in entries(methods) {
            let place = format!("{method} {path}");
            let (keys, versions) = match method.as_str() {
                "post" => (1, 0),
                "patch" | "put" | "delete" => (0, 1),
                _ => (0, 0),
            };
            assert_eq!(header(operation, "Idempotency-Key"), keys, "{place}");
            assert_eq!(header(operation, "If-Match"), versions, "{place}");
        }
    }
}

#[tokio::test]
async fn the_document_is_served_with_labels_in_place_of_places() {
    let app = TestApp::start().await;
    let page = app.browser().get("/v1/openapi.json").await;
    let document = page.json();
    assert_eq!((page.status, page.header("content-type")), (200, "application/json"));
    assert!(
        document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")),
        "{}",
        document["openapi"]
    );
    assert_eq!(document["servers"][0]["url"], "https://portal.test");
    assert_eq!(document["info"]["license"]["url"], "https://portal.test/terms");
    let days = &document["components"]["schemas"]["StorageChoice"]["properties"]["days"];
    assert_eq!(
        (&days["x-data-class"], &days["x-delete-within-days"]),
        (&"Customer Account Data".into(), &60.into())
    );
    assert!(!page.text().contains("\"x-data\""));
}

#[tokio::test]
async fn the_reference_shows_every_operation_and_every_link_in_it_leads_somewhere() {
    let app = TestApp::start().await;
    let page = app.browser().get("/docs/api").await;
    let words = page.words();
    for (path, methods) in entries(&openapi::source()["paths"]) {
        for (method, operation) in entries(methods) {
            assert!(words.contains(&format!("{} {path}", method.to_uppercase())), "{method} {path}");
            assert!(words.contains(operation["summary"].as_str().unwrap()), "{method} {path}");
        }
    }
    assert!(words.contains("Customer Account Data"));
    let text = page.text();
    for part in text.split("href=\"#").skip(1) {
        let anchor = part.split('"').next().unwrap();
        assert!(anchor == "main" || text.contains(&format!("id=\"{anchor}\"")), "#{anchor} leads nowhere");
    }
}
