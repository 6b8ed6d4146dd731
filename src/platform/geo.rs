//! The country an address belongs to, and no finer than that (S15, S64).

use std::net::IpAddr;
use std::path::Path;

use anyhow::Context as _;

/// The country database, if one is configured.
#[derive(Default)]
pub struct GeoIp {
    reader: Option<maxminddb::Reader<Vec<u8>>>,
}

impl GeoIp {
    /// Reads a MaxMind country database into memory.
    ///
    /// # Errors
    /// A file that is not there or not in that format.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let reader = maxminddb::Reader::open_readfile(path)
            .with_context(|| format!("country database {}", path.display()))?;
        Ok(Self { reader: Some(reader) })
    }

    /// ISO 3166 code of the address's country, or nothing when it is not known.
    pub fn country(&self, ip: IpAddr) -> Option<String> {
        let found = self.reader.as_ref()?.lookup(ip).ok()?;
        let country: maxminddb::geoip2::Country = found.decode().ok()??;
        country.country.iso_code.map(str::to_owned)
    }
}
