//! Static files: the stylesheets become one, each file gets a name with the digest of its content, and
//! brotli and gzip are made here once rather than on each request. The table is compiled in.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest as _, Sha256};

/// In the order of the cascade layers.
const STYLESHEETS: [&str; 6] = ["tokens", "reset", "base", "layout", "components", "utilities"];

fn main() {
    println!("cargo:rerun-if-changed=static");
    println!("cargo:rerun-if-changed=migrations");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo")).join("assets");
    fs::create_dir_all(&out).expect("OUT_DIR is writable");

    let mut table = String::from("&[\n");
    for (name, content) in files(&root.join("static")) {
        table += &asset(&out, &name, &content);
    }
    table += "]\n";
    fs::write(out.join("table.rs"), table).expect("OUT_DIR is writable");
}

/// Every static file by its name below `static/`, the stylesheets as `css/app.css`.
fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let css: String = STYLESHEETS
        .iter()
        .map(|name| {
            fs::read_to_string(root.join(format!("css/{name}.css")))
                .unwrap_or_else(|error| panic!("css/{name}.css: {error}"))
        })
        .collect();
    files.push(("css/app.css".to_owned(), css.into_bytes()));
    for folder in ["js", "img"] {
        let entries =
            fs::read_dir(root.join(folder)).unwrap_or_else(|error| panic!("static/{folder}: {error}"));
        for path in entries.map(|entry| entry.expect("a readable folder").path()) {
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            files.push((format!("{folder}/{name}"), fs::read(&path).expect("a readable file")));
        }
    }
    files.sort();
    files
}

/// Writes a file and its compressed forms, and answers its row of the table.
fn asset(out: &Path, name: &str, content: &[u8]) -> String {
    let mut digest = String::new();
    for byte in Sha256::digest(content).iter().take(8) {
        write!(digest, "{byte:02x}").expect("writing to a string");
    }
    let (stem, extension) = name.rsplit_once('.').expect("a static file has an extension");
    let kind = match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        other => panic!("static file {name}: no content type for .{other}"),
    };
    let flat = name.replace('/', "-");
    fs::write(out.join(&flat), content).expect("OUT_DIR is writable");

    let mut brotli = brotli::CompressorWriter::new(Vec::new(), 4096, 11, 22);
    brotli.write_all(content).expect("writing to memory");
    fs::write(out.join(format!("{flat}.br")), brotli.into_inner()).expect("OUT_DIR is writable");

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(content).expect("writing to memory");
    fs::write(out.join(format!("{flat}.gz")), gzip.finish().expect("writing to memory"))
        .expect("OUT_DIR is writable");

    let at = |suffix: &str| format!("include_bytes!({:?})", out.join(format!("{flat}{suffix}")));
    format!(
        "Asset {{ name: {name:?}, url: \"/static/{stem}.{digest}.{extension}\", content_type: {kind:?}, plain: {}, brotli: {}, gzip: {} }},\n",
        at(""),
        at(".br"),
        at(".gz"),
    )
}
