//! Damage in SQLite's write-ahead log, told from the end that a power cut leaves.
//!
//! SQLite reads the log up to the first frame whose checksum differs and drops
//! the rest without a word. That is right for the last transaction, which a
//! power cut may have torn. But each transaction is synced before the next one
//! is written: a bad frame with a later transaction behind it was whole once.
//! The format is described at <https://www.sqlite.org/fileformat2.html#walformat>.

use std::io;
use std::path::Path;

/// Bytes before the first frame.
const HEADER: usize = 32;
/// Bytes of a frame before its page.
const FRAME: usize = 24;

/// What is wrong with a log file; none when it is sound, empty or absent.
pub(super) fn damage(path: &Path) -> io::Result<Option<String>> {
    let Some(bytes) = read(path)? else { return Ok(None) };
    let Some(found) = damage_in(&bytes) else { return Ok(None) };
    // it may have begun anew while it was read: then it is looked at once more
    let again = read(path)?.unwrap_or_default();
    if again.get(..HEADER) == bytes.get(..HEADER) {
        return Ok(Some(found));
    }
    Ok(damage_in(&again))
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// A running checksum: two words.
type Sum = (u32, u32);

fn damage_in(bytes: &[u8]) -> Option<String> {
    let log = Log::of(bytes)?;
    if log.frames() == 0 {
        return None;
    }
    let Some(mut sum) = log.start() else {
        return Some("its header is damaged: what it holds would be left out".to_owned());
    };
    let mut at = 0;
    while let Some(next) = (at < log.frames()).then(|| log.sum(at, sum)).filter(|next| log.is_whole(at, *next)) {
        sum = next;
        at += 1;
    }
    if at == log.frames() {
        return None;
    }
    let left = log.written_after(at, sum)?;
    let place = HEADER + at * (FRAME + log.page);
    Some(format!(
        "frame {} (from byte {place}) is damaged; {left} sound frames behind it would be left out: restore a backup",
        at + 1
    ))
}

/// A log file taken apart.
struct Log<'a> {
    bytes: &'a [u8],
    page: usize,
    /// Whether checksums are over big-endian words.
    big: bool,
}

impl<'a> Log<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        // the page size of every database of ours, when the header cannot be trusted
        let known = [4096, 512, 1024, 2048, 8192, 16384, 32768];
        let page = usize::try_from(word(bytes, 8)?).ok().filter(|size| known.contains(size)).unwrap_or(4096);
        Some(Self { bytes, page, big: word(bytes, 0)? & 1 == 1 })
    }

    /// Whole frames, of whatever age.
    fn frames(&self) -> usize {
        self.bytes.len().saturating_sub(HEADER) / (FRAME + self.page)
    }

    /// The checksum that the first frame goes on from; none when the header differs from it.
    fn start(&self) -> Option<Sum> {
        let known = matches!(word(self.bytes, 0)?, 0x377f_0682 | 0x377f_0683);
        let sum = self.add((0, 0), self.bytes.get(..24)?);
        (known && sum == (word(self.bytes, 24)?, word(self.bytes, 28)?)).then_some(sum)
    }

    fn frame(&self, at: usize) -> &'a [u8] {
        let from = HEADER + at * (FRAME + self.page);
        self.bytes.get(from..from + FRAME + self.page).unwrap_or_default()
    }

    /// The checksum behind a frame.
    fn sum(&self, at: usize, before: Sum) -> Sum {
        let frame = self.frame(at);
        let sum = self.add(before, frame.get(..8).unwrap_or_default());
        self.add(sum, frame.get(FRAME..).unwrap_or_default())
    }

    /// What a frame says that checksum is.
    fn told(&self, at: usize) -> Option<Sum> {
        let frame = self.frame(at);
        Some((word(frame, 16)?, word(frame, 20)?))
    }

    /// Whether a frame belongs to this age of the log and has this checksum.
    fn is_whole(&self, at: usize, sum: Sum) -> bool {
        self.frame(at).get(8..16) == self.bytes.get(16..24) && self.told(at) == Some(sum)
    }

    fn is_commit(&self, at: usize) -> bool {
        word(self.frame(at), 4).is_some_and(|size| size != 0)
    }

    /// Sound frames behind a bad one; none when they are no more than the rest of
    /// its own transaction, or of an earlier age.
    fn written_after(&self, bad: usize, before: Sum) -> Option<usize> {
        // either its content or its checksum has changed: what follows fits the other
        [Some(self.sum(bad, before)), self.told(bad)].into_iter().flatten().find_map(|start| {
            let (mut sum, mut left, mut later) = (start, 0, self.is_commit(bad));
            let mut is_later = false;
            for at in bad + 1..self.frames() {
                sum = self.sum(at, sum);
                if !self.is_whole(at, sum) {
                    break;
                }
                left += 1;
                is_later |= later;
                later |= self.is_commit(at);
            }
            is_later.then_some(left)
        })
    }

    fn add(&self, (mut a, mut b): Sum, bytes: &[u8]) -> Sum {
        for pair in bytes.chunks_exact(8) {
            let words = [[pair[0], pair[1], pair[2], pair[3]], [pair[4], pair[5], pair[6], pair[7]]];
            let [x, y] = words.map(|w| if self.big { u32::from_be_bytes(w) } else { u32::from_le_bytes(w) });
            a = a.wrapping_add(x).wrapping_add(b);
            b = b.wrapping_add(y).wrapping_add(a);
        }
        (a, b)
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
