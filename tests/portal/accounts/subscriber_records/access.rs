//! Who does not see a record any more, and that no address of one leads to another.

use portal::accounts::permissions::AccountRole;
use portal::staff::permissions::Role;

use crate::support::subscriber_records::at_desk;
use crate::support::{TestApp, run};

#[tokio::test]
async fn whoever_left_the_account_or_its_role_for_privacy_finds_nothing_any_more() {
    let app = TestApp::start().await;
    let (ada, priv_) = (app.customer("ada@example.com").await, app.customer("priv@example.com").await);
    let (owner, account) = (app.sign_in_as(&ada).await, ada.account().await);
    app.add_member(account, &priv_, AccountRole::Privacy).await;
    let record = app.subscriber_record(&owner, account, "CH", "Martha Keel").await;
    let member = app.sign_in_as(&priv_).await;
    let file = member.get(&format!("{record}/values")).await.link("proof-1.pdf");
    let all = [record.clone(), format!("{record}/values"), format!("{record}/correction"), file];
    for path in &all {
        assert_eq!(member.get(path).await.status, 200, "{path}");
    }
    for change in [
        "UPDATE account_members SET role = 'developer' WHERE role = 'privacy'",
        "DELETE FROM account_members WHERE role = 'developer'",
    ] {
        run(&app, change).await;
        for path in &all {
            assert_eq!(member.get(path).await.status, 404, "{change}: {path}");
        }
        assert_eq!(member.post(&format!("{record}/withdrawal"), &[]).await.status, 404, "{change}");
    }
    run(&app, "DELETE FROM sessions").await;
    for path in &all {
        let page = owner.get(path).await;
        assert!(page.location().starts_with("/sign-in"), "{path}: {}", page.status);
    }
}

#[tokio::test]
async fn a_file_opens_below_its_own_record_alone() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (owner, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let record = app.subscriber_record(&owner, account, "CH", "Martha Keel").await;
    let other = app.subscriber_record(&owner, account, "CH", "Nadia Verne").await;
    let file = owner.get(&format!("{record}/values")).await.link("proof-1.pdf");
    let id = file.rsplit('/').next().unwrap();
    assert_eq!(owner.get(&format!("{other}/files/{id}")).await.status, 404);
    let answer = owner.get(&file).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-disposition").starts_with("attachment"), "saved and never shown");
    assert_eq!(
        (answer.header("cache-control"), answer.header("x-content-type-options")),
        ("no-store", "nosniff")
    );
    assert!(answer.header("content-security-policy").starts_with("sandbox"));
    let paul = app.staff(Role::Privacy).await;
    let desk = app.sign_in_as(&paul).await;
    let (at_desk, theirs) = (at_desk(&record), app.open_record(&desk, &other).await);
    assert_eq!(desk.get(&format!("{theirs}/files/{id}")).await.status, 404);
    assert_eq!(desk.get(&format!("{at_desk}/files/{id}")).await.location(), at_desk, "it is not open");
    app.open_record(&desk, &record).await;
    assert_eq!(desk.get(&format!("{at_desk}/files/{id}")).await.status, 200);
    run(&app, "DELETE FROM staff_roles").await;
    for path in [at_desk.clone(), format!("{at_desk}/files/{id}")] {
        assert_eq!(desk.get(&path).await.status, 404, "{path}: without the role");
    }
}
