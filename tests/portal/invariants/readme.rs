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

/// The names of figures in the sources below a folder.
fn figures(folder: &std::path::Path) -> std::collections::BTreeSet<String> {
    let mut found = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(figures(&path));
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        for name in text.split("\"portal_").skip(1).filter_map(|rest| rest.split('"').next()) {
            if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
                found.insert(format!("portal_{name}"));
            }
        }
    }
    found
}

#[test]
fn the_readme_lists_every_figure_and_no_other() {
    let figures = figures("src".as_ref());
    for name in &figures {
        assert!(README.contains(&format!("\n| `{name}` | ")), "the README lacks {name}");
    }
    let rows = README.lines().filter(|line| line.starts_with("| `portal_")).count();
    assert!(figures.len() > 20 && rows == figures.len(), "{rows} rows for {} figures", figures.len());
}

#[test]
fn files_that_the_readme_names_are_there() {
    for path in [
        "deploy/portal.service",
        "deploy/Containerfile",
        "docs/screenshot.png",
        "src/lib.rs",
        "src/routes.rs",
        "src/retention/rules/mod.rs",
    ] {
        assert!(README.contains(path) && std::path::Path::new(path).exists(), "{path}");
    }
}
