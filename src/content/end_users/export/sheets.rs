//! The files of a copy, read batch by batch in one snapshot. Each is written once as JSON and once as CSV, from the same
//! rows.

use diesel_async::AsyncPgConnection;
use ring::digest::{Context, SHA256};
use serde_json::json;
use uuid::Uuid;

use super::{Sink, manifest};
use crate::content::end_users::facts::{self, Facts};
use crate::content::end_users::queries::{self, Table};
use crate::content::end_users::record::{Claim, Communication, names};
use crate::content::end_users::{Act, Identifier};
use crate::content::parties::Party;
use crate::platform::app::App;
use crate::platform::archive::Piece;

/// Records that are read at a time.
const BATCH: usize = 200;
/// Bytes of text that are handed on at a time.
const PIECE: usize = 64 * 1024;

/// A file of the copy.
pub(super) struct Sheet {
    pub name: String,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// What was left out, counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Withheld {
    loan_numbers: u64,
    third_persons: u64,
    texts: u64,
    addresses: u64,
    bodies: u64,
}

impl Withheld {
    /// What, how often and why.
    pub(super) fn reasons(&self) -> impl Iterator<Item = (&'static str, u64, &'static str)> {
        [
            (
                "full number of a loan account",
                self.loan_numbers,
                "held, and never handed out; its end is in claims",
            ),
            (
                "entry of another person in a claim",
                self.third_persons,
                "a third person; what they are in the claim is in parties",
            ),
            ("friendly name or notes", self.texts, "the text names a third person"),
            (
                "sender, recipient or device",
                self.addresses,
                "a third person's: the message only names this person",
            ),
            (
                "body of a communication",
                self.bodies,
                "between third persons: the message only names this person",
            ),
        ]
        .into_iter()
        .filter(|(_, count, _)| *count > 0)
    }
}

/// Kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Claims,
    Parties,
    Communications,
    Statuses,
    Bodies,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Claims, Self::Parties, Self::Communications, Self::Statuses, Self::Bodies];

    fn name(self) -> &'static str {
        match self {
            Self::Claims => "claims",
            Self::Parties => "parties",
            Self::Communications => "communications",
            Self::Statuses => "statuses",
            Self::Bodies => "bodies",
        }
    }

    fn table(self) -> Table {
        match self {
            Self::Claims | Self::Parties => Table::Claims,
            _ => Table::Communications,
        }
    }

    /// The columns, also where there is no row.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Claims => facts::CLAIM,
            Self::Parties => facts::PARTY,
            Self::Communications => facts::COMMUNICATION,
            Self::Statuses => facts::STATUS,
            Self::Bodies => facts::BODY,
        }
    }
}

/// One copy.
pub(super) struct Snapshot<'a> {
    pub app: &'a App,
    pub act: &'a Act,
    pub who: &'a Identifier,
    pub sink: &'a Sink,
}

impl Snapshot<'_> {
    /// Writes every file.
    ///
    /// # Errors
    /// What the database says, or that nobody takes the copy.
    pub(super) async fn write(&self, conn: &mut AsyncPgConnection) -> anyhow::Result<()> {
        self.whole("README.txt", manifest::read_me(self.act)).await?;
        let wanted = self.who.keys(&self.app.keys, self.act.account);
        let (mut sheets, mut withheld) = (Vec::new(), Withheld::default());
        for kind in Kind::ALL {
            let mut ids = queries::with_keys(conn, kind.table(), self.act.account, &wanted, i64::MAX).await?;
            ids.sort_unstable_by(|one, other| other.cmp(one));
            // The second pass leaves out the same things again: they are counted once.
            sheets.push(self.sheet(conn, kind, &ids, true, &mut withheld).await?);
            sheets.push(self.sheet(conn, kind, &ids, false, &mut Withheld::default()).await?);
        }
        self.whole("manifest.json", manifest::write(self.act, self.who, &sheets, &withheld)).await
    }

    async fn whole(&self, name: &str, text: String) -> anyhow::Result<()> {
        self.sink.send(Piece::File(name.to_owned())).await?;
        self.sink.send(Piece::Text(text.into_bytes())).await
    }

    async fn sheet(
        &self,
        conn: &mut AsyncPgConnection,
        kind: Kind,
        ids: &[Uuid],
        as_json: bool,
        withheld: &mut Withheld,
    ) -> anyhow::Result<Sheet> {
        let name = format!("{}.{}", kind.name(), if as_json { "json" } else { "csv" });
        self.sink.send(Piece::File(name.clone())).await?;
        let mut file = File { sink: self.sink, digest: Context::new(&SHA256), bytes: 0, rows: 0, as_json };
        file.send(if as_json { "[".into() } else { kind.columns().join(",") + "\r\n" }).await?;
        for batch in ids.chunks(BATCH) {
            let rows = self.rows(conn, kind, batch, withheld).await?;
            file.rows(&rows).await?;
        }
        if as_json {
            file.send("\n]\n".into()).await?;
        }
        Ok(Sheet { name, rows: file.rows, bytes: file.bytes, sha256: hex::encode(file.digest.finish()) })
    }

    async fn rows(
        &self,
        conn: &mut AsyncPgConnection,
        kind: Kind,
        ids: &[Uuid],
        withheld: &mut Withheld,
    ) -> anyhow::Result<Vec<Facts>> {
        let account = self.act.account;
        if kind.table() == Table::Claims {
            let claims = queries::claims(conn, account, ids).await?;
            let claims = claims.iter().filter(|claim| !claim.matches(self.who).is_empty());
            return Ok(match kind {
                Kind::Claims => claims.map(|claim| self.claim(claim, withheld)).collect(),
                _ => claims.flat_map(|claim| self.parties(claim, withheld)).collect(),
            });
        }
        let all = queries::communications(conn, account, ids).await?;
        let all: Vec<&Communication> = all.iter().filter(|one| !one.matches(self.who).is_empty()).collect();
        if kind == Kind::Communications {
            return Ok(all.into_iter().map(|one| self.communication(one, withheld)).collect());
        }
        let of_others = |one: &&Communication| !one.is_with(self.who);
        let (others, theirs): (Vec<_>, Vec<_>) = all.into_iter().partition(of_others);
        let sids = |all: &[&Communication]| all.iter().map(|one| one.id.0).collect::<Vec<_>>();
        if kind == Kind::Statuses {
            let statuses = queries::statuses(conn, &sids(&theirs)).await?;
            return Ok(statuses.iter().map(facts::of_status).collect());
        }
        withheld.bodies += u64::try_from(queries::count_bodies(conn, &sids(&others)).await?)?;
        let bodies = queries::bodies(conn, &sids(&theirs)).await?;
        Ok(bodies.iter().map(|body| facts::of_body(&self.app.keys, body)).collect())
    }

    /// The facts of a claim, without a text that names somebody else.
    fn claim(&self, claim: &Claim, withheld: &mut Withheld) -> Facts {
        let others: Vec<&Party> =
            claim.parties.iter().filter(|party| !party.is(self.who.kind, &self.who.value)).collect();
        let mut all = facts::of_claim(claim);
        for (column, text) in [("friendly_name", &claim.friendly_name), ("notes", &claim.notes)] {
            if text.as_deref().is_some_and(|text| names(text, &others)) {
                withheld.texts += u64::from(facts::withhold(&mut all, column));
            }
        }
        withheld.loan_numbers += u64::from(claim.loan_number_last4.is_some());
        all
    }

    /// Who is in a claim: the person in full, others by what they are in it.
    fn parties(&self, claim: &Claim, withheld: &mut Withheld) -> Vec<Facts> {
        let mut facts_of = |party: &Party| {
            if party.is(self.who.kind, &self.who.value) {
                return facts::of_party(claim, party);
            }
            withheld.third_persons += 1;
            let nobody =
                Party { name: String::new(), address: None, phones: vec![], emails: vec![], ..party.clone() };
            let mut all = facts::of_party(claim, &nobody);
            for (column, value) in &mut all {
                match *column {
                    "claim_id" | "role" => {}
                    "withheld" => *value = json!(true),
                    _ => *value = json!(null),
                }
            }
            all
        };
        claim.parties.iter().map(&mut facts_of).collect()
    }

    /// A communication; where it only names the person, without whose it is.
    fn communication(&self, one: &Communication, withheld: &mut Withheld) -> Facts {
        let mut all = facts::of_communication(one);
        if !one.is_with(self.who) {
            for column in ["sender", "recipient", "device_token"] {
                withheld.addresses += u64::from(facts::withhold(&mut all, column));
            }
        }
        all
    }
}

/// A file that is being written.
struct File<'a> {
    sink: &'a Sink,
    digest: Context,
    bytes: u64,
    rows: u64,
    as_json: bool,
}

impl File<'_> {
    async fn send(&mut self, text: String) -> anyhow::Result<()> {
        self.digest.update(text.as_bytes());
        self.bytes += text.len() as u64;
        self.sink.send(Piece::Text(text.into_bytes())).await
    }

    async fn rows(&mut self, rows: &[Facts]) -> anyhow::Result<()> {
        let mut text = String::new();
        for row in rows {
            if self.as_json {
                text.push_str(if self.rows == 0 { "\n" } else { ",\n" });
                text.push_str(&facts::to_json(row));
            } else {
                text.push_str(&facts::to_csv(row));
            }
            self.rows += 1;
            if text.len() >= PIECE {
                self.send(std::mem::take(&mut text)).await?;
            }
        }
        if text.is_empty() { Ok(()) } else { self.send(text).await }
    }
}
