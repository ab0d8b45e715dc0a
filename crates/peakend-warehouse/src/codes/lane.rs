//! One column of small numbers.

/// Rows per block: the grain of checksums, reads and work.
pub(crate) const BLOCK: usize = 65_536;

/// Numbers of equal width; the narrowest that holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Codes {
    /// So many rows, each with code 0.
    Zero(usize),
    /// Codes below 256.
    U8(Vec<u8>),
    /// Codes below 65,536.
    U16(Vec<u16>),
    /// The others.
    U32(Vec<u32>),
}

impl Default for Codes {
    fn default() -> Self {
        Self::Zero(0)
    }
}

impl Codes {
    /// Rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Zero(rows) => *rows,
            Self::U8(codes) => codes.len(),
            Self::U16(codes) => codes.len(),
            Self::U32(codes) => codes.len(),
        }
    }

    /// Bytes per row.
    pub(crate) fn width(&self) -> usize {
        match self {
            Self::Zero(_) => 0,
            Self::U8(_) => 1,
            Self::U16(_) => 2,
            Self::U32(_) => 4,
        }
    }

    /// The code of a row.
    pub(crate) fn get(&self, row: usize) -> u32 {
        match self {
            Self::Zero(_) => 0,
            Self::U8(codes) => u32::from(codes[row]),
            Self::U16(codes) => u32::from(codes[row]),
            Self::U32(codes) => codes[row],
        }
    }

    /// Look at the codes of some rows, each with its place among them.
    pub(crate) fn pick(&self, rows: &[u32], mut look: impl FnMut(usize, u32)) {
        match self {
            Self::Zero(_) => (0..rows.len()).for_each(|i| look(i, 0)),
            Self::U8(codes) => rows.iter().enumerate().for_each(|(i, row)| look(i, u32::from(codes[*row as usize]))),
            Self::U16(codes) => rows.iter().enumerate().for_each(|(i, row)| look(i, u32::from(codes[*row as usize]))),
            Self::U32(codes) => rows.iter().enumerate().for_each(|(i, row)| look(i, codes[*row as usize])),
        }
    }

    /// More rows; the column widens when it must.
    pub(crate) fn extend(&mut self, more: &[u32]) {
        let most = more.iter().copied().max().unwrap_or(0);
        let fits = match self {
            Self::Zero(_) => most == 0,
            Self::U8(_) => most <= 0xFF,
            Self::U16(_) => most <= 0xFFFF,
            Self::U32(_) => true,
        };
        if !fits {
            self.widen(most);
        }
        match self {
            Self::Zero(rows) => *rows += more.len(),
            Self::U8(codes) => codes.extend(more.iter().map(|code| *code as u8)),
            Self::U16(codes) => codes.extend(more.iter().map(|code| *code as u16)),
            Self::U32(codes) => codes.extend_from_slice(more),
        }
    }

    fn widen(&mut self, code: u32) {
        let rows = 0..self.len();
        *self = match (&*self, code) {
            (Self::Zero(_), 0..=0xFF) => Self::U8(vec![0; self.len()]),
            (Self::Zero(_) | Self::U8(_), 0..=0xFFFF) => Self::U16(rows.map(|i| self.get(i) as u16).collect()),
            _ => Self::U32(rows.map(|i| self.get(i)).collect()),
        };
    }

    /// Call with every row's code, first to last.
    #[inline]
    pub(crate) fn each(&self, rows: std::ops::Range<usize>, mut with: impl FnMut(usize, u32)) {
        match self {
            Self::Zero(_) => (0..rows.len()).for_each(|i| with(i, 0)),
            Self::U8(codes) => codes[rows].iter().enumerate().for_each(|(i, c)| with(i, u32::from(*c))),
            Self::U16(codes) => codes[rows].iter().enumerate().for_each(|(i, c)| with(i, u32::from(*c))),
            Self::U32(codes) => codes[rows].iter().enumerate().for_each(|(i, c)| with(i, *c)),
        }
    }

    /// The rows' bytes as stored, little end first.
    pub(crate) fn bytes(&self, rows: std::ops::Range<usize>, into: &mut Vec<u8>) {
        into.clear();
        match self {
            Self::Zero(_) => {}
            Self::U8(codes) => into.extend_from_slice(&codes[rows]),
            Self::U16(codes) => codes[rows].iter().for_each(|c| into.extend_from_slice(&c.to_le_bytes())),
            Self::U32(codes) => codes[rows].iter().for_each(|c| into.extend_from_slice(&c.to_le_bytes())),
        }
    }

    /// Become the rows of these bytes; reuses the memory where the width is the same.
    pub(crate) fn fill(&mut self, width: usize, rows: usize, bytes: &[u8]) {
        let pairs = || bytes.as_chunks::<2>().0.iter().map(|b| u16::from_le_bytes(*b));
        let fours = || bytes.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b));
        match (width, &mut *self) {
            (1, Self::U8(codes)) => {
                codes.clear();
                codes.extend_from_slice(bytes);
            }
            (2, Self::U16(codes)) => {
                codes.clear();
                codes.extend(pairs());
            }
            (4, Self::U32(codes)) => {
                codes.clear();
                codes.extend(fours());
            }
            (1, _) => *self = Self::U8(bytes.to_vec()),
            (2, _) => *self = Self::U16(pairs().collect()),
            (4, _) => *self = Self::U32(fours().collect()),
            _ => *self = Self::Zero(rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_widens_and_its_bytes_come_back() {
        let mut codes = Codes::default();
        let wanted: Vec<u32> = (0..70_000).map(|i: u32| if i < 10 { 0 } else { i }).collect();
        for (i, code) in wanted.iter().enumerate() {
            codes.extend(&[*code]);
            if [5, 100, 1000, 69_999].contains(&i) {
                let (mut bytes, mut read) = (Vec::new(), Codes::default());
                codes.bytes(0..codes.len(), &mut bytes);
                read.fill(codes.width(), codes.len(), &bytes);
                assert_eq!(read, codes);
            }
        }
        for piece in [1, 9, 500, 70_000] {
            let mut extended = Codes::default();
            wanted.chunks(piece).for_each(|some| extended.extend(some));
            assert_eq!(extended, codes, "pieces of {piece}");
        }
        codes.each(0..70_000, |i, code| assert_eq!(code, wanted[i]));
        assert_eq!(codes.width(), 4);
    }
}
