//! What a suspension looks like to those who click: the owner reads why and appeals, a reviewer lifts it, in Chromium.

use portal::staff::permissions::Role;

use crate::support::{Chromium, TestApp};
use crate::trust::story::{a_rule_in_enforce, stopped};

async fn decides(chromium: &Chromium) {
    chromium.open("/staff/appeals").await;
    let path: String =
        chromium.evaluate("document.querySelector('[data-queue-title]').getAttribute('href')").await;
    chromium.click("[data-queue-title]").await;
    // The queue has a form to claim it, too: not before the appeal is open is it the one of its page.
    chromium.arrives_at(&path).await;
    chromium.click("form[action$='/claim'] button").await;
    chromium.finds_at(&path, "form[action$='/decision']").await;
    let choose = "(() => { document.querySelector(\"form[action$='/decision'] [name=outcome]\").value = 'lifted'; return true; })()";
    assert!(chromium.evaluate::<bool>(choose).await);
    chromium.fill("words", "The readers had asked for it, as your lists show.").await;
    chromium.click("form[action$='/decision'] .form-actions button").await;
    // Something was said after claiming it, too; that it is nobody's any more, and what it says is hidden again, was not.
    chromium.finds_at(&path, "form[action$='/looks']").await;
}

#[tokio::test]
async fn an_owner_reads_why_and_appeals_and_a_reviewer_lifts_it() {
    let app = TestApp::development().await;
    a_rule_in_enforce(&app).await;
    let ada = app.customer("ada@example.com").await.with_totp().await;
    let program = app.program(&ada).await;
    let path = stopped(&app, &program).await;
    let chromium = app.chromium("appeal").await;
    chromium.become_visitor(&app.sign_in_as(&ada).await).await;
    chromium.open(&path).await;
    assert!(chromium.words("main").await.contains("more messages than we can let pass"));
    assert!(chromium.evaluate::<bool>("document.querySelector('main svg') !== null").await, "it is drawn");
    chromium.click(&format!("main a[href='{path}/appeal']")).await;
    chromium.arrives_at(&format!("{path}/appeal/new")).await;
    chromium.fill("text", "Everybody on the list had asked for it.").await;
    chromium.click("main form.form .form-actions button").await;
    chromium.finds_at(&format!("{path}/appeal"), ".notice-stack").await;
    let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    chromium.become_visitor(&reviewer).await;
    decides(&chromium).await;
    assert_eq!(program.get("/communications").await.status, 200, "everything works again");
    assert_eq!(chromium.complaints(), Vec::<String>::new());
    app.mailbox().await;
}
