//! What goes with a copy: the manifest, and the explanation in plain words.

use serde_json::{Value, json};

use super::sheets::{Sheet, Withheld};
use crate::content::end_users::{Act, Identifier};

/// The manifest: what is in each file, as of when, and what was left out and why.
pub(super) fn write(act: &Act, who: &Identifier, sheets: &[Sheet], withheld: &Withheld) -> String {
    let file = |sheet: &Sheet| json!({ "name": sheet.name, "rows": sheet.rows, "bytes": sheet.bytes, "sha256": sheet.sha256 });
    let left_out: Vec<Value> = withheld
        .reasons()
        .map(|(what, count, why)| json!({ "what": what, "count": count, "why": why }))
        .collect();
    let manifest = json!({
        "account": act.account,
        "person": { "kind": who.kind, "value": who.value },
        "as_of": act.now,
        "files": sheets.iter().map(file).collect::<Vec<_>>(),
        "withheld": left_out,
    });
    serde_json::to_string_pretty(&manifest).unwrap_or_default() + "\n"
}

/// The explanation.
pub(super) fn read_me(act: &Act) -> String {
    format!(
        "What this is\r\n\
         ------------\r\n\
         All that the account {} kept about one person in the LossExpress portal on\r\n\
         {}: claims, the person's part in them, communications, how\r\n\
         those went and what they said.\r\n\
         \r\n\
         The files\r\n\
         ---------\r\n\
         Each kind of record is here twice with the same content: as JSON, one list for programs,\r\n\
         and as CSV, one line for each record, for a spreadsheet. In a spreadsheet, import the columns\r\n\
         as text; otherwise telephone numbers lose their plus sign.\r\n\
         \r\n\
         claims          the claims that the person is in, or that are about their vehicle\r\n\
         parties         what the person is in each claim; of others only what they are in it\r\n\
         communications  messages that the person sent or received, or that name them\r\n\
         statuses        how each message went\r\n\
         bodies          what the messages said, where that was stored\r\n\
         manifest.json   the number of records, the size and the SHA-256 of each file, and what was\r\n\
         \x20               left out and why\r\n\
         \r\n\
         What is not in it\r\n\
         -----------------\r\n\
         The full number of a loan account is kept and not handed out; its last four characters are.\r\n\
         Other people in a claim are third persons: a text that names them is left out as well.\r\n\
         \r\n\
         Whoever keeps this data decides about it. Questions go to them.\r\n",
        act.account,
        act.now.format("%-d %B %Y, %H:%M UTC"),
    )
}
