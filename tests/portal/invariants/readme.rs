//! The README says what the program does.

use portal::platform::config::SETTINGS;

const README: &str = include_str!("../../../README.md");

#[test]
fn the_readme_lists_every_setting_with_its_default_and_no_other() {
    for setting in SETTINGS {
        let default =
            if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
        let row = format!("| `{}` | {default} | {} |", setting.name, setting.about);
        assert!(README.contains(&row), "the README lacks:\n{row}");
    }
    let rows = README
        .lines()
        .filter(|line| line.starts_with("| `PORTAL_") || line.starts_with("| `DATABASE_URL"))
        .count();
    assert_eq!(rows, SETTINGS.len());
}

#[test]
fn files_that_the_readme_names_are_there() {
    for path in [
        "deploy/portal.service",
        "deploy/Containerfile",
        "docs/screenshot.png",
        "src/lib.rs",
        "src/routes.rs",
        "src/retention/rules.rs",
    ] {
        assert!(README.contains(path) && std::path::Path::new(path).exists(), "{path}");
    }
}
