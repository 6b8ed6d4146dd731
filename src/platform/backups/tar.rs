//! How files lie in an archive: as a plain tar (POSIX ustar), so that whoever has the key can unpack one without this
//! program: `age -d -i backup.key files-1.age | tar x` in the folder of the storage, as the user of the portal, puts all of
//! them where they were.

use std::io::{self, Read};

/// Everything in an archive is so many bytes long, or a multiple.
pub(super) const BLOCK: usize = 512;
/// What stands behind the last file.
pub(super) const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];
/// Where the sum of a header stands in it.
const SUM: std::ops::Range<usize> = 148..156;

/// A file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its path.
    pub name: String,
    /// Its length in bytes, without its padding.
    pub length: u64,
}

/// What stands before a file. Its path has fewer than 100 bytes, and the file fewer than 8 GiB.
pub(super) fn header(name: &str, length: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{length:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(SUM.start, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum = sum(&block);
    block[SUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// How many bytes stand behind a file of this length, until the next begins.
pub(super) fn padding(length: u64) -> usize {
    let over = usize::try_from(length % BLOCK as u64).unwrap_or(0);
    (BLOCK - over) % BLOCK
}

fn sum(block: &[u8; BLOCK]) -> u64 {
    block.iter().map(|byte| u64::from(*byte)).sum()
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    u64::from_str_radix(text.trim_matches(['\0', ' ']), 8).ok()
}

fn parse(block: &[u8; BLOCK]) -> Option<Entry> {
    let mut plain = *block;
    plain[SUM].fill(b' ');
    let is_file = octal(&block[SUM]) == Some(sum(&plain)) && block[156] == b'0';
    let name = block[..100].split(|byte| *byte == 0).next()?;
    let (name, length) = (std::str::from_utf8(name).ok()?, octal(&block[124..136])?);
    is_file.then(|| Entry { name: name.to_owned(), length })
}

/// The next file, whose content and padding follow; nothing behind the last.
///
/// # Errors
/// What is read is no such archive, or cut off.
pub(super) fn next(from: &mut impl Read) -> io::Result<Option<Entry>> {
    let mut block = [0; BLOCK];
    from.read_exact(&mut block)?;
    if block == [0; BLOCK] {
        return Ok(None);
    }
    let entry = parse(&block).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an archive"))?;
    Ok(Some(entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "files/FI019e0000000070008000000000000001/content";

    #[test]
    fn a_header_is_what_other_programs_write_and_reads_back() {
        let block = header(NAME, 70);
        assert_eq!(&block[124..136], b"00000000106\0");
        assert_eq!(&block[SUM], b"014046\0 ");
        assert_eq!(&block[257..265], b"ustar\x0000");
        let archive = [&block[..], &END].concat();
        let mut from = &archive[..];
        assert_eq!(next(&mut from).unwrap(), Some(Entry { name: NAME.into(), length: 70 }));
        assert_eq!(next(&mut from).unwrap(), None);
    }

    #[test]
    fn what_is_changed_or_cut_off_is_not_read() {
        let mut block = header(NAME, 70);
        block[130] = b'7';
        assert!(next(&mut &block[..]).is_err());
        assert!(next(&mut &header(NAME, 70)[..300]).is_err());
    }

    #[test]
    fn the_next_file_begins_with_a_block() {
        for (length, padded) in [(0, 0), (1, 511), (511, 1), (512, 0), (513, 511)] {
            assert_eq!(padding(length), padded, "{length}");
        }
    }
}
