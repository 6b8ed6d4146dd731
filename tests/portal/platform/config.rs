//! Settings: what is wrong is told at once and in full, and secrets are not told at all.

use std::collections::HashMap;

use portal::platform::config::Config;

use crate::support::process::{Folder, run};
use crate::support::{RECEIPT_KEY, SECRET_KEY};

const WORKING: &[(&str, &str)] = &[
    ("PORTAL_BASE_URL", "https://portal.example.com"),
    ("PORTAL_SECRET_KEY", SECRET_KEY),
    ("PORTAL_RECEIPT_KEY", RECEIPT_KEY),
    ("PORTAL_SMTP_HOST", "mail.example.com"),
    ("PORTAL_SMS_ACCOUNT_SID", "AC0123"),
    ("PORTAL_SMS_AUTH_TOKEN", "a very secret token"),
    ("PORTAL_SMS_FROM", "+15550100"),
];

/// What is wrong with working settings once these are changed.
fn mistakes(changes: &[(&str, &str)]) -> Vec<String> {
    let pairs = WORKING.iter().chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::read(&pairs.collect::<HashMap<_, _>>(), false, None)
        .map_or_else(|errors| errors.0, |_| Vec::new())
}

#[test]
fn settings_that_work_are_taken() {
    assert!(mistakes(&[]).is_empty());
    assert!(mistakes(&[("PORTAL_SMTP_TLS", "none"), ("PORTAL_SMTP_HOST", "127.0.0.1")]).is_empty());
}

#[test]
fn each_mistake_is_named_by_its_setting() {
    for (name, value, word) in [
        ("PORTAL_BASE_URL", "http://portal.example.com", "https only"),
        ("PORTAL_BASE_URL", "https://portal.example.com/app", "without a path"),
        ("PORTAL_ENV", "staging", "neither"),
        ("PORTAL_SECRET_KEY", "c2hvcnQ=", "32 bytes"),
        ("PORTAL_SECRET_KEY", "", "missing"),
        ("PORTAL_RECEIPT_KEY", "c2hvcnQ=", "Ed25519"),
        ("PORTAL_RECEIPT_KEY", "", "missing"),
        ("PORTAL_RECEIPT_OLD_KEYS", "c2hvcnQ=", "no public"),
        ("PORTAL_BACKUP_RECIPIENTS", "age1nonsense", "no public key"),
        ("PORTAL_MAIL_TRANSPORT", "mailbox", "does not exist in production"),
        ("PORTAL_SMS_TRANSPORT", "mailbox", "does not exist in production"),
        ("PORTAL_SMTP_TLS", "none", "encrypted"),
        ("PORTAL_SMTP_USERNAME", "only", "go together"),
        ("PORTAL_SMS_URL", "http://sms.example.com", "https"),
        ("PORTAL_BREACHED_PASSWORDS_URL", "http://range.example.com", "https"),
        ("PORTAL_TRUSTED_PROXIES", "10.0.0.0/8, nonsense", "nonsense"),
        ("PORTAL_BLOCKED_COUNTRIES", "KP, Cuba", "CUBA"),
        ("PORTAL_DATABASE_POOL", "1", "2 to 100"),
        ("PORTAL_DATABASE_WAIT_SECONDS", "0", "1 to 20"),
        ("PORTAL_PASSWORD_HASHES", "many", "1 to 64"),
        ("PORTAL_READER_PATIENCE_SECONDS", "0", "1 to 3600"),
        ("PORTAL_IMPORT_PATIENCE_SECONDS", "0", "1 to 7200"),
        ("PORTAL_BIND", "8080", "address and port"),
        ("PORTAL_LOG_FORMAT", "xml", "neither"),
        ("PORTAL_GEOIP_DB", "/nowhere.mmdb", "no file"),
        ("PORTAL_SMPT_HOST", "mail.example.com", "no setting"),
        ("DATABASE_URL", "not an address", "Postgres address"),
        ("PORTAL_MAIL_BOUNCES_TO", "nobody", "not a mail address"),
        ("PORTAL_MAIL_DKIM_DOMAIN", "lossexpress.com", "go together"),
        ("PORTAL_CAMPAIGN_CONNECTIONS", "0", "1 to 64"),
        ("PORTAL_CAMPAIGN_PER_SECOND", "fast", "0 to 100000"),
        ("PORTAL_HOOK_SECRET", "short", "shorter than 32"),
        ("PORTAL_BILLING_HOOK_SECRET", "short", "shorter than 32"),
        ("PORTAL_BILLING_HOOK_SECRET", "a first key of more than 32 characters, short", "stands in none"),
        ("PORTAL_HOOK_POSTMARK", "user:short", "16 characters"),
        ("PORTAL_HOOK_SES_TOPIC", "bounces", "ARN"),
        ("PORTAL_HOOK_SES_STAND_IN", "http://sns.example.com", "https"),
    ] {
        let mistakes = mistakes(&[(name, value)]);
        assert!(
            mistakes.iter().any(|m| m.contains(name) && m.contains(word)),
            "{name}={value}: {mistakes:?}"
        );
        assert!(mistakes.len() <= 2, "{name}={value}: {mistakes:?}");
    }
}

#[test]
fn a_program_without_settings_names_all_that_it_needs_and_does_not_start() {
    let folder = Folder::new("no-settings");
    let (output, said) = run(&folder.0, &["serve"], &[]);
    assert!(!output.status.success());
    for name in [
        "PORTAL_BASE_URL",
        "PORTAL_SECRET_KEY",
        "PORTAL_RECEIPT_KEY",
        "PORTAL_SMTP_HOST",
        "PORTAL_SMS_ACCOUNT_SID",
        "PORTAL_SMS_AUTH_TOKEN",
        "PORTAL_SMS_FROM",
    ] {
        assert!(said.contains(name), "{name} is not named in {said}");
    }
}

#[test]
fn the_demo_is_refused_in_production() {
    let folder = Folder::new("demo-in-production");
    let (output, said) = run(&folder.0, &["serve", "--demo"], &[("PORTAL_ENV", "production")]);
    assert!(!output.status.success() && said.contains("--demo is for development only"), "{said}");
}

#[test]
fn settings_are_printed_without_their_secrets() {
    let folder = Folder::new("print-settings");
    let more = [
        ("DATABASE_URL", "postgres://portal:hidden@db.example.com/portal"),
        (
            "PORTAL_HOOK_SECRET",
            "the present secret of the generic hook,the former secret of the generic hook",
        ),
    ];
    let (output, said) = run(&folder.0, &["config"], &[WORKING, &more].concat());
    assert!(output.status.success(), "{said}");
    assert!(said.contains("mail.example.com") && said.contains("(set, not shown)"), "{said}");
    assert!(
        [SECRET_KEY, RECEIPT_KEY, "a very secret token", "hidden", "present secret", "former secret"]
            .iter()
            .all(|secret| !said.contains(secret)),
        "{said}"
    );
}

#[test]
fn a_dot_env_file_counts_and_the_environment_wins() {
    let folder = Folder::new("dot-env");
    std::fs::write(
        folder.0.join(".env"),
        "PORTAL_SMTP_HOST=from-file.example.com\nPORTAL_SMS_FROM=+15550199\n",
    )
    .unwrap();
    let settings: Vec<_> = WORKING.iter().copied().filter(|(name, _)| *name != "PORTAL_SMTP_HOST").collect();
    let (output, said) = run(&folder.0, &["config"], &settings);
    assert!(output.status.success() && said.contains("from-file.example.com"), "{said}");
    assert!(said.contains("+15550100") && !said.contains("+15550199"), "{said}");
}
