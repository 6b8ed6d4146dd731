//! The report by category on paper, or saved as PDF: all of it, and nothing that is only of use on a screen.

use chromiumoxide::cdp::browser_protocol::page::PrintToPdfParams;
use chromiumoxide::page::MediaTypeParams;

use crate::support::{Chromium, TestApp};

/// Width of what is printed on a sheet of A4, in CSS pixels.
const PAPER: i64 = 718;

/// How many of what a CSS selector finds are to be seen.
async fn seen(chromium: &Chromium, css: &str) -> i64 {
    let count = format!(
        "[...document.querySelectorAll('{css}')].filter(one => one.getClientRects().length > 0).length"
    );
    chromium.evaluate(&count).await
}

#[tokio::test]
async fn the_report_by_category_prints_whole_and_without_what_is_for_the_screen() {
    let app = TestApp::development().await;
    let visitor = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let chromium = app.chromium("print").await;
    chromium.become_visitor(&visitor).await;
    for path in ["/privacy/your-data/categories", "/privacy/categories"] {
        chromium.open(path).await;
        chromium.arrives_at(path).await;
        chromium.page.emulate_media_type(MediaTypeParams::Screen).await.expect("a screen");
        chromium.look(PAPER, "light").await;
        let sections = seen(&chromium, "section.category").await;
        assert!(sections > 3, "{path}: {sections}");
        assert_eq!(seen(&chromium, "[data-print]").await, 1, "{path}: a button for it, where scripts run");
        chromium.page.emulate_media_type(MediaTypeParams::Print).await.expect("paper");
        assert_eq!(seen(&chromium, "section.category").await, sections, "{path}: all of it");
        let for_screens = ".sidenav, .topbar-end, .footer, .no-print, [data-print], .pager, .button";
        assert_eq!(seen(&chromium, for_screens).await, 0, "{path}");
        let width: i64 = chromium.evaluate("document.documentElement.scrollWidth").await;
        assert!(width <= PAPER, "{path}: nothing is cut off: {width}");
        let pdf = chromium.page.pdf(PrintToPdfParams::default()).await.expect("a PDF");
        assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 10_000, "{path}: {} bytes", pdf.len());
    }
    assert!(chromium.complaints().is_empty());
}
