//! Files as people send them, and what of them lies in the storage.

use super::{Browser, TestApp};

/// A document.
pub const PDF: &[u8] = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj <<>> endobj\n%%EOF\n";
/// The beginning of a picture.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// Files as they are sent: name and content.
pub type Sent<'a> = &'a [(&'a str, &'a [u8])];

/// What an address answers: the status, and what came.
pub async fn fetched(browser: &Browser, href: &str) -> (u16, Vec<u8>) {
    let page = browser.get(href).await;
    (page.status, page.body)
}

/// Files that are whole in the storage.
pub async fn stored(app: &TestApp) -> usize {
    let mut whole = 0;
    for folder in app.storage.folders("files").await.unwrap() {
        whole += app.storage.files(&format!("files/{folder}")).await.unwrap().len();
    }
    whole
}

/// Puts a file into the storage, in the place of one that is there.
pub async fn put(app: &TestApp, path: &str, content: Vec<u8>) {
    let mut upload = app.storage.create(path).unwrap();
    upload.write(content.into()).await.unwrap();
    upload.finish().await.unwrap();
}
