//! `portal receipt …`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use portal::platform::jws::{self, PublicKey};
use portal::privacy::receipts::verification;

#[derive(Subcommand)]
pub enum ReceiptCommand {
    /// Check that a receipt is genuine, and print what it says. With --key it needs neither settings nor a network.
    Verify {
        /// A receipt as it was fetched, or a mail that holds one; - for standard input.
        file: PathBuf,
        /// The public keys: a copy of /.well-known/receipt-keys.json of the portal that issued it. Without it the keys
        /// of this portal's own settings count.
        #[arg(long)]
        key: Option<PathBuf>,
    },
}

impl ReceiptCommand {
    /// Does what needs neither settings nor a database; nothing where it needs some.
    pub fn run_alone(&self) -> Option<anyhow::Result<()>> {
        let Self::Verify { file, key } = self;
        let key = key.as_deref()?;
        Some(keys_in(key).and_then(|keys| verify(file, &keys)))
    }

    /// Does it with the keys of the settings.
    ///
    /// # Errors
    /// The file cannot be read, or holds no genuine receipt.
    pub fn run(&self, keys: &[PublicKey]) -> anyhow::Result<()> {
        let Self::Verify { file, .. } = self;
        verify(file, keys)
    }
}

fn keys_in(file: &Path) -> anyhow::Result<Vec<PublicKey>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    jws::parse_key_set(&text).with_context(|| {
        format!(
            "{} holds no Ed25519 key: save /.well-known/receipt-keys.json of the portal there",
            file.display()
        )
    })
}

/// Prints what a receipt says if it is genuine.
fn verify(file: &Path, keys: &[PublicKey]) -> anyhow::Result<()> {
    let text = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin()).context("standard input")?
    } else {
        std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?
    };
    let document = verification::check(&text, keys)
        .map_err(|failure| anyhow::anyhow!("{} is NOT a genuine receipt: {failure}", file.display()))?;
    println!("The receipt is genuine.");
    for line in verification::lines(&document) {
        println!("  {line}");
    }
    Ok(())
}
