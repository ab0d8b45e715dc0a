//! CRC-32 (IEEE 802.3, as in zip and Parquet) of what is written and read.

use crc_fast::{CrcAlgorithm, Digest, checksum};

/// The checksum of some bytes.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    // the algorithm has 32 bits
    checksum(CrcAlgorithm::Crc32IsoHdlc, bytes) as u32
}

/// The checksum of bytes that come piece by piece.
#[derive(Debug)]
pub(crate) struct Sum(Digest);

impl Sum {
    /// Of nothing yet.
    pub(crate) fn new() -> Self {
        Self(Digest::new(CrcAlgorithm::Crc32IsoHdlc))
    }

    /// Take the next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all of them.
    pub(crate) fn finish(self) -> u32 {
        self.0.finalize() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_is_the_one_that_other_programs_write() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        let mut sum = Sum::new();
        sum.update(b"1234");
        sum.update(b"56789");
        assert_eq!(sum.finish(), 0xCBF4_3926);
        assert_eq!(Sum::new().finish(), crc32(b""));
    }
}
