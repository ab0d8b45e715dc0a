//! What a file of the journal consists of: groups, each synced before the next
//! one is written.
//!
//! A group is a head of 24 bytes (marker with the version of the format, number,
//! length, CRC-32 of the content, CRC-32 of the head; little endian) and its
//! entries one after the other. A power cut may tear the last group, which nobody
//! was told of yet; a bad group with a later one behind it was whole once.

use crc_fast::CrcAlgorithm;
use peakend_domain::{OrgId, micros, timestamp};

use super::super::{IntakeEntry, IntakeKind};

/// Begins a group; the last byte is the version.
const MARKER: [u8; 4] = *b"PKi\x01";
/// Bytes before a group's entries.
const HEAD: usize = 24;

/// What a file holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    /// Where each sound group stands: number, first byte, bytes.
    pub(super) groups: Vec<(u64, usize, usize)>,
    /// What is wrong with it; none when at most its end is torn.
    pub(super) damage: Option<String>,
}

/// Write a group behind what `to` holds.
pub(super) fn write<'a>(number: u64, entries: impl IntoIterator<Item = &'a IntakeEntry>, to: &mut Vec<u8>) {
    let head = to.len();
    to.extend([0; HEAD]);
    for e in entries {
        to.push(code(e.kind));
        to.extend(micros(e.received_at).to_le_bytes());
        for text in [e.org.as_str(), &e.id, &e.body_hash, &e.body] {
            to.extend(length(text.as_bytes()));
            to.extend(text.as_bytes());
        }
    }
    let (before, content) = to.split_at_mut(head + HEAD);
    let mut words = Vec::with_capacity(HEAD);
    words.extend(MARKER);
    words.extend(number.to_le_bytes());
    words.extend(length(content));
    words.extend(sum(content).to_le_bytes());
    words.extend(sum(&words).to_le_bytes());
    if let Some(place) = before.get_mut(head..) {
        place.copy_from_slice(&words);
    }
}

/// The groups of a file.
pub(super) fn read(bytes: &[u8]) -> Read {
    let (mut found, mut at) = (Read::default(), 0);
    while at < bytes.len() {
        let Some((number, size)) = sound(bytes, at) else {
            found.damage = behind(bytes, at).map(|later| {
                format!("the group at byte {at} is damaged; a sound one stands behind it, at byte {later}")
            });
            return found;
        };
        found.groups.push((number, at, size));
        at += size;
    }
    found
}

/// The entries of the sound group that these bytes are; none when they are none.
pub(super) fn entries(bytes: &[u8]) -> Option<(u64, Vec<IntakeEntry>)> {
    let (number, size) = sound(bytes, 0)?;
    let mut rest = bytes.get(HEAD..size)?;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let kind = kind(*take(&mut rest, 1)?.first()?)?;
        let at = i64::from_le_bytes(take(&mut rest, 8)?.try_into().ok()?);
        let [org, id, body_hash, body] = [text(&mut rest)?, text(&mut rest)?, text(&mut rest)?, text(&mut rest)?];
        all.push(IntakeEntry { org: OrgId::stored(org), kind, id, body_hash, body, received_at: timestamp(at) });
    }
    Some((number, all))
}

/// Number and bytes of the sound group at a place.
fn sound(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let head = bytes.get(at..at + HEAD)?;
    if head.get(..4)? != MARKER || sum(head.get(..20)?).to_le_bytes() != head.get(20..)? {
        return None;
    }
    let size = HEAD + usize::try_from(word(head, 12)?).ok()?;
    let content = bytes.get(at + HEAD..at.checked_add(size)?)?;
    let number = u64::from_le_bytes(head.get(4..12)?.try_into().ok()?);
    (word(head, 16)? == sum(content)).then_some((number, size))
}

/// Where a sound group begins behind a bad one.
fn behind(bytes: &[u8], bad: usize) -> Option<usize> {
    (bad + 1..bytes.len().saturating_sub(HEAD))
        .find(|at| bytes.get(*at..at + 4) == Some(&MARKER[..]) && sound(bytes, *at).is_some())
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

fn text(rest: &mut &[u8]) -> Option<String> {
    let count = usize::try_from(u32::from_le_bytes(take(rest, 4)?.try_into().ok()?)).ok()?;
    String::from_utf8(take(rest, count)?.to_vec()).ok()
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn length(bytes: &[u8]) -> [u8; 4] {
    // bodies end at a MiB, and a group has at most some hundreds of them
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes()
}

fn sum(bytes: &[u8]) -> u32 {
    // the algorithm has 32 bits
    crc_fast::checksum(CrcAlgorithm::Crc32IsoHdlc, bytes) as u32
}

fn code(kind: IntakeKind) -> u8 {
    match kind {
        IntakeKind::Response => 1,
        IntakeKind::Signal => 2,
        IntakeKind::Event => 3,
        IntakeKind::Identify => 4,
    }
}

fn kind(code: u8) -> Option<IntakeKind> {
    [IntakeKind::Response, IntakeKind::Signal, IntakeKind::Event, IntakeKind::Identify]
        .into_iter()
        .find(|kind| self::code(*kind) == code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(id: &str, body: &str) -> IntakeEntry {
        IntakeEntry {
            org: OrgId::stored("org_a".to_owned()),
            kind: IntakeKind::Signal,
            id: id.to_owned(),
            body_hash: "h".repeat(64),
            body: body.to_owned(),
            received_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn three() -> (Vec<u8>, [usize; 3]) {
        let (mut bytes, mut ends) = (Vec::new(), [0; 3]);
        for (number, end) in ends.iter_mut().enumerate() {
            write(number as u64 + 7, &[entry("a", "{}"), entry(&format!("b{number}"), "\"新\"")], &mut bytes);
            *end = bytes.len();
        }
        (bytes, ends)
    }

    #[test]
    fn a_file_gives_back_what_was_written() {
        let (bytes, ends) = three();
        let found = read(&bytes);
        assert_eq!(found.groups, [(7, 0, ends[0]), (8, ends[0], ends[1] - ends[0]), (9, ends[1], ends[2] - ends[1])]);
        let (number, all) = entries(&bytes[ends[1]..]).unwrap();
        assert_eq!((number, all.len(), all[1].id.as_str(), all[1].body.as_str()), (9, 2, "b2", "\"新\""));
    }

    #[test]
    fn a_torn_end_is_no_damage_and_a_bit_before_it_is() {
        let (bytes, ends) = three();
        for end in ends[1]..ends[2] {
            let found = read(&bytes[..end]);
            assert_eq!((found.groups.len(), found.damage), (2, None), "torn at {end}");
        }
        for at in 0..ends[1] {
            let mut flipped = bytes.clone();
            flipped[at] ^= 16;
            assert!(read(&flipped).damage.is_some(), "byte {at} was not seen");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_are_nothing_breaks(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(read(&bytes).groups.is_empty());
            prop_assert!(entries(&bytes).is_none());
            // a sound head before anything
            let mut marked = Vec::new();
            write(1, &[], &mut marked);
            marked.extend(&bytes);
            prop_assert_eq!(read(&marked).groups.len(), 1);
        }

        #[test]
        fn any_text_comes_back(id in ".{0,40}", body in ".{0,200}") {
            let mut bytes = Vec::new();
            write(3, &[entry(&id, &body)], &mut bytes);
            let (_, all) = entries(&bytes).unwrap();
            prop_assert_eq!((&all[0].id, &all[0].body), (&id, &body));
        }
    }
}
