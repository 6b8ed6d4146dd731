//! A QR code as an SVG path: one unit for each module, dark ones drawn.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// A drawn code.
pub(super) struct Drawn {
    /// The `d` of the path.
    pub path: String,
    /// Modules on a side.
    pub size: i32,
}

/// Draws a text. An `otpauth://` address always fits.
pub(super) fn draw(text: &str) -> Option<Drawn> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Some(Drawn { path, size: code.size() })
}
