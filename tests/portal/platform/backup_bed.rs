//! An operator with backups, and people who sent files along.

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use diesel_async::AsyncConnection as _;
use futures_util::TryStreamExt as _;
use portal::platform::app::App;
use portal::platform::backups::restore;
use portal::platform::files;
use portal::platform::ids::FileId;
use portal::privacy::data_requests::deadlines::Regimes;
use portal::privacy::data_requests::kinds::{Channel, Kind};
use portal::privacy::data_requests::states::{self, Act, By, Step};
use portal::privacy::data_requests::{NewRequest, messages, receive};

use crate::support::process::{Folder, run};
use crate::support::{Database, PDF, SECRET_KEY, TestApp, TestPerson};

/// A portal whose operator makes backups.
pub struct Bed {
    /// The portal.
    pub app: TestApp,
    recipient: String,
    /// File with the key.
    pub identity: String,
    storage: String,
    /// Removed behind the rest.
    pub folder: Folder,
}

impl Bed {
    /// One for this test.
    pub async fn new(test: &str) -> Self {
        let folder = Folder::new(test);
        let place = |name: &str| folder.0.join(name).to_str().expect("a path").to_owned();
        let (storage, identity, key) = (place("storage"), place("backup.key"), Identity::generate());
        // As `age-keygen` writes it.
        let text = format!("# created: today\n{}\n", key.to_string().expose_secret());
        std::fs::write(&identity, text).unwrap();
        let recipient = key.to_public().to_string();
        let settings =
            [("PORTAL_STORAGE", storage.as_str()), ("PORTAL_BACKUP_RECIPIENTS", recipient.as_str())];
        Self { app: TestApp::with(&settings).await, recipient, identity, storage, folder }
    }

    /// Settings of the program on this database.
    pub fn settings<'a>(&'a self, url: &'a str) -> [(&'a str, &'a str); 6] {
        [
            ("PORTAL_ENV", "development"),
            ("PORTAL_SECRET_KEY", SECRET_KEY),
            ("PORTAL_STORAGE", self.storage.as_str()),
            ("PORTAL_BACKUP_RECIPIENTS", self.recipient.as_str()),
            ("PORTAL_METRICS_BIND", "off"),
            ("DATABASE_URL", url),
        ]
    }

    /// `portal backup …` on a database: whether it went well, and what it said.
    pub fn backup(&self, arguments: &[&str], url: &str) -> (bool, String) {
        let (output, said) = run(&self.folder.0, &[&["backup"][..], arguments].concat(), &self.settings(url));
        (output.status.success(), said)
    }

    /// Restores a backup with the program. Answers what it said.
    pub fn restore(&self, name: &str, into: &Database) -> String {
        let (well, said) = self.backup(&["restore", name, "--identity", &self.identity], &into.url);
        assert!(well && said.contains("The database may be served."), "{said}");
        said
    }

    /// The key of the backups.
    pub fn keys(&self) -> Vec<Identity> {
        restore::identities(self.identity.as_ref()).unwrap()
    }
}

/// A request of somebody with a message and this file.
pub async fn with_file(app: &TestApp, person: &TestPerson<'_>, content: &[u8]) -> FileId {
    let file = files::keep(app, "a.pdf", content).await.unwrap();
    let (id, now, by) = (file.id, app.clock.now(), By::Requester(Some(person.id)));
    let new = NewRequest {
        kind: Kind::Correction,
        channel: Channel::Portal,
        person: Some(person.id),
        email: None,
        name: None,
        agent: None,
        details: Some("Number 7 is wrong."),
        regimes: Regimes::CCPA,
        received_at: now,
    };
    let (mut conn, sent) = (app.conn().await, [file]);
    conn.transaction(async |conn| {
        let request = receive(conn, &new, by, now).await?;
        states::take(conn, request, &Step::new(Act::Verified, by).how("signed_in"), now).await?;
        let message = messages::insert(conn, request, by, "Please look.", now).await?;
        messages::attach(conn, message, by, &sent, now).await
    })
    .await
    .unwrap();
    id
}

/// What is in a file, as the portal hands it out; nothing where it is lost.
pub async fn content(app: &App, id: FileId) -> Option<Vec<u8>> {
    let found = files::open(app, id).await.unwrap()?;
    Some(found.try_collect::<Vec<_>>().await.unwrap().concat())
}

/// What lies in the folder of a backup.
pub async fn parts(app: &TestApp, name: &str) -> Vec<String> {
    let files = app.storage.files(&format!("backups/{name}")).await.unwrap();
    let mut names: Vec<String> = files.into_iter().map(|(name, _)| name).collect();
    names.sort();
    names
}

/// So much of a document, which is longer than what is handed on at a time.
pub fn long(bytes: usize) -> Vec<u8> {
    [PDF, &vec![b' '; bytes]].concat()
}
