//! Members of staff and their roles.

use diesel_async::SimpleAsyncConnection as _;
use portal::staff::permissions::Role;

use crate::support::{TestApp, count, lock_waits, run};

#[tokio::test]
async fn the_list_names_roles_and_who_lacks_a_factor() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.staff(Role::Admin).await).await;
    app.staff(Role::Support).await;
    let words = browser.get("/staff/team").await.words();
    assert!(words.contains("support@lossexpress.test") && words.contains("admin@lossexpress.test"));
    assert!(!words.contains("No second factor"));
}

#[tokio::test]
async fn a_role_that_is_removed_ends_the_sessions_and_is_told() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.staff(Role::Admin).await).await;
    let support = app.staff(Role::Support).await;
    let theirs = app.sign_in_as(&support).await;
    assert_eq!(theirs.get("/staff").await.status, 200);
    let path = format!("/staff/team/{}/roles/support/removal", support.id);
    let page = browser.get(&path).await;
    assert!(page.words().contains("What goes") && page.words().contains("Every session of this person"));
    assert_eq!(page.submit(&[]).await.location(), "/staff/team");
    assert!(theirs.get("/staff").await.location().starts_with("/sign-in"));
    assert_eq!(app.mail_to(&support.email).await.name, "staff_role_removed");
    assert_eq!(browser.post(&path, &[]).await.status, 404, "a second time there is nothing to remove");
}

#[tokio::test]
async fn the_last_admin_stays() {
    let app = TestApp::start().await;
    let admin = app.staff(Role::Admin).await;
    let browser = app.sign_in_as(&admin).await;
    let page = browser.post(&format!("/staff/team/{}/roles/admin/removal", admin.id), &[]).await;
    assert_eq!(page.status, 422);
    assert!(page.words().contains("The last admin stays"));
    assert_eq!(browser.get("/staff/team").await.status, 200);
}

#[tokio::test]
async fn of_two_admins_who_remove_each_other_at_once_one_stays() {
    let app = TestApp::start().await;
    let one = app.staff(Role::Admin).await;
    let two = app.customer("second@lossexpress.test").await.with_totp().await;
    let grant = format!(
        "INSERT INTO staff_roles (person_id, role, granted_at) VALUES ('{}', 'admin', now())",
        two.id.0
    );
    diesel_async::RunQueryDsl::execute(diesel::sql_query(grant), &mut app.conn().await).await.unwrap();
    let (browser_one, browser_two) = (app.sign_in_as(&one).await, app.sign_in_as(&two).await);
    let path = |id| format!("/staff/team/{id}/roles/admin/removal");
    let (path_one, path_two) = (path(two.id), path(one.id));
    let (first, second) = tokio::join!(browser_one.post(&path_one, &[]), browser_two.post(&path_two, &[]));
    let removed = [&first, &second]
        .iter()
        .filter(|page| page.status == 303 && page.location() == "/staff/team")
        .count();
    assert_eq!(removed, 1, "{} {}", first.status, second.status);
    app.mailbox().await;
}

#[tokio::test]
async fn an_admin_who_lost_the_role_while_they_waited_takes_none_away() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.staff(Role::Admin).await).await;
    let support = app.staff(Role::Support).await;
    let mut conn = app.conn().await;
    conn.batch_execute("BEGIN; SELECT FROM staff_roles FOR UPDATE").await.unwrap();
    let path = format!("/staff/team/{}/roles/support/removal", support.id);
    let ending = async {
        lock_waits(&app, "the removal waits", 1).await;
        let changed = "UPDATE people SET credential_version = credential_version + 1 \
            WHERE id IN (SELECT person_id FROM staff_roles WHERE role = 'admin')";
        run(&app, changed).await;
        conn.batch_execute("COMMIT").await.unwrap();
    };
    let (page, ()) = tokio::join!(browser.post(&path, &[]), ending);
    assert!(page.status == 303 && page.location().starts_with("/sign-in"), "{}", page.location());
    assert_eq!(count(&app, "staff_roles WHERE role = 'support'").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn what_an_admin_invited_to_goes_with_the_role() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.staff(Role::Admin).await).await;
    let two = app.staff(Role::Support).await;
    let grant = "INSERT INTO staff_roles (person_id, role, granted_at) SELECT person_id, 'admin', now() FROM staff_roles \
        WHERE role = 'support'";
    run(&app, grant).await;
    let mut links = Vec::new();
    for (inviter, email) in
        [(&app.sign_in_as(&two).await, "friend@example.com"), (&browser, "colleague@lossexpress.test")]
    {
        let form = inviter.get("/staff/team/invitations/new").await;
        assert_eq!(form.submit(&[("email", email), ("role", "admin")]).await.status, 303);
        links.push(app.mail_to(email).await.link("/staff/invitations/"));
    }
    let page = browser.get(&format!("/staff/team/{}/roles/admin/removal", two.id)).await;
    assert!(page.words().contains("The invitations that they sent"), "{}", page.words());
    assert_eq!(page.submit(&[]).await.location(), "/staff/team");
    let visitor = app.browser();
    let typed = [("name", "A Friend"), ("password", "orchard tunnel velvet nine")];
    assert_eq!(visitor.post(&links[0], &typed).await.status, 410);
    assert_eq!(visitor.get(&links[1]).await.status, 200, "those of others stay");
    assert_eq!(count(&app, "staff_roles WHERE role = 'admin'").await, 1);
    assert_eq!(count(&app, "audit_events WHERE action = 'staff.invitation.withdrawn'").await, 1);
    app.mailbox().await;
}
