//! A backup whose ledger of erasures is not there: nobody is let in before somebody has decided about it.

use portal::retention::ledger;

use super::backup_bed::Bed;
use crate::support::process::run as run_program;
use crate::support::{Database, run};

#[tokio::test]
async fn where_the_ledger_beside_a_backup_is_lost_a_restored_database_is_served_only_once_somebody_says_so() {
    let (bed, elsewhere) = (Bed::new("ledger").await, Database::empty().await);
    let erased = "INSERT INTO erasure_ledger (id, kind, blinded, erased_at) \
                  VALUES (gen_random_uuid(), 'person', sha256('somebody'), now() - interval '2 hours')";
    run(&bed.app, erased).await;
    ledger::mirror(&bed.app).await.unwrap();
    let (well, said) = bed.backup(&["create"], bed.app.database_url());
    assert!(well, "{said}");
    let name = said.split_whitespace().next().unwrap().to_owned();
    let (folder, aside) = (bed.folder.0.join("storage/erasures"), bed.folder.0.join("aside"));
    std::fs::rename(&folder, &aside).unwrap();
    let (well, said) = bed.backup(&["restore", &name, "--identity", &bed.identity], &elsewhere.url);
    assert!(!well && said.contains("lacks 1 erasures") && said.contains("--without-ledger"), "{said}");
    let (output, said) = run_program(&bed.folder.0, &["serve"], &bed.settings(&elsewhere.url));
    assert!(!output.status.success() && said.contains("portal backup replay"), "{said}");
    let (well, said) = bed.backup(&["replay"], &elsewhere.url);
    assert!(!well && said.contains("lacks 1 erasures"), "{said}");
    // Nor is anything else done with it: a sweep knows no hold of these days, and a backup would be younger than the erasures.
    for arguments in [&["retention", "run"][..], &["backup", "create"], &["mail", "report"]] {
        let (output, said) = run_program(&bed.folder.0, arguments, &bed.settings(&elsewhere.url));
        assert!(!output.status.success() && said.contains("portal backup replay"), "{arguments:?} {said}");
    }
    let (output, said) = run_program(&bed.folder.0, &["retention", "plan"], &bed.settings(&elsewhere.url));
    assert!(output.status.success(), "whoever only looks may: {said}");
    // Found again, it is asked for nothing; lost for good, somebody has to say so.
    std::fs::rename(&aside, &folder).unwrap();
    let again = Database::empty().await;
    let (well, said) = bed.backup(&["restore", &name, "--identity", &bed.identity], &again.url);
    assert!(well && said.contains("may be served"), "{said}");
    std::fs::remove_dir_all(&folder).unwrap();
    let (well, said) = bed.backup(&["replay", "--without-ledger"], &elsewhere.url);
    assert!(well && said.contains("may be served"), "{said}");
}
