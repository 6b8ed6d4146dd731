//! Finding claims by API: pages and filters, and who finds none.

use portal::api::scopes::Scope;
use serde_json::json;

use super::claims::{a_claim, pointers, stored, with};
use crate::support::TestApp;

#[tokio::test]
async fn pages_follow_each_other_while_claims_arrive() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    for number in 0..7 {
        stored(&program, &a_claim(number)).await;
    }
    let (mut seen, mut next) = (Vec::new(), Some("/claims?limit=2&state=open".to_owned()));
    let mut number = 100;
    while let Some(path) = next {
        let page = program.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page_json = page.json();
        let data = page_json["data"].as_array().unwrap();
        seen.extend(data.iter().map(|claim| claim["claim_number"].as_str().unwrap().to_owned()));
        next = page_json["next"].as_str().map(str::to_owned);
        assert_eq!(page.header("link").is_empty(), next.is_none());
        assert!(next.as_ref().is_none_or(|next| next.contains("state=open") && next.contains("limit=2")));
        stored(&program, &a_claim(number)).await;
        number += 1;
    }
    let expected: Vec<String> = (0..7).rev().map(|number| format!("C-2026-{number:04}")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_list_is_narrowed_by_its_filters() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    stored(&program, &a_claim(1)).await;
    let other = [
        ("/state", json!("closed")),
        ("/insurer", json!("Other & Sons")),
        ("/lost_on", json!("2026-10-01")),
        ("/vehicle", json!({"vin": "1M8GDM9AXKP042788"})),
    ];
    stored(&program, &with(a_claim(2), &other)).await;
    for (query, numbers) in [
        ("", &["C-2026-0002", "C-2026-0001"][..]),
        ("state=open", &["C-2026-0001"]),
        ("insurer=Other+%26+Sons", &["C-2026-0002"]),
        ("claim_number=C-2026-0001", &["C-2026-0001"]),
        ("lost_from=2026-11-02", &["C-2026-0001"]),
        ("lost_to=2026-11-01", &["C-2026-0002"]),
        ("lost_from=2026-10-01&lost_to=2026-11-02", &["C-2026-0002", "C-2026-0001"]),
        ("vin=1m8gdm9axkp042788", &["C-2026-0002"]),
        ("vin=1HGCM82633A004352&state=closed", &[]),
    ] {
        let page = program.get(&format!("/claims?{query}")).await.json();
        let found: Vec<&str> = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|claim| claim["claim_number"].as_str().unwrap())
            .collect();
        assert_eq!(found, numbers, "{query}");
    }
    for (query, at) in [
        ("state=lost", "?state"),
        ("lost_from=yesterday", "?lost_from"),
        ("lost_from=-9999-01-01", "?lost_from"),
        ("lost_to=%2B99999-01-01", "?lost_to"),
        ("vin=1", "?vin"),
        ("limit=0", "?limit"),
        ("limit=201", "?limit"),
        ("after=AC1", "?after"),
        ("insurer=%00", "?insurer"),
    ] {
        assert_eq!(
            pointers(&program.get(&format!("/claims?{query}")).await),
            [at.to_owned()].into(),
            "{query}"
        );
    }
    assert_eq!(program.get("/claims?colour=red").await.status, 422);
}

#[tokio::test]
async fn a_key_of_another_account_finds_nothing_on_any_route() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.customer("ada@example.com").await, app.customer("eve@example.com").await);
    let program = app.program(&ada).await;
    let (path, _) = stored(&program, &a_claim(1)).await;
    for thief in [app.program(&eve).await, app.program_with(&eve, &Scope::ALL).await] {
        let own = thief.path(path.split_once("/claims").map_or("", |(_, rest)| rest));
        let own = own.replace("/CL", "/claims/CL");
        for path in [&path, &own] {
            assert_eq!(thief.get(path).await.status, 404);
            assert_eq!(thief.patch(path, "*", &json!({"state": "closed"})).await.status, 404);
            assert_eq!(thief.delete(path).await.status, 404);
        }
        for rest in ["/claims", "/claims/export?format=csv"] {
            assert_eq!(thief.get(&program.path(rest)).await.status, 404);
        }
        for rest in ["/claims", "/claims/import"] {
            assert_eq!(thief.post(&program.path(rest), &a_claim(9)).await.status, 404);
        }
    }
    assert_eq!(program.get(&path).await.json()["state"], "open");
}

#[tokio::test]
async fn a_key_does_only_what_its_scopes_say() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (path, etag) = stored(&app.program(&ada).await, &a_claim(1)).await;
    let reader = app.program_with(&ada, &[Scope::ReadClaims]).await;
    let writer = app.program_with(&ada, &[Scope::WriteClaims]).await;
    assert_eq!(reader.get(&path).await.status, 200);
    assert_eq!(reader.post("/claims", &a_claim(2)).await.status, 403);
    assert_eq!(reader.patch(&path, &etag, &json!({})).await.status, 403);
    assert_eq!(reader.delete(&path).await.status, 403);
    assert_eq!((writer.get(&path).await.status, writer.get("/claims").await.status), (403, 403));
    assert_eq!(writer.patch(&path, &etag, &json!({})).await.status, 200);
}
