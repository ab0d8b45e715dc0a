//! Which sums become derivable: linear algebra over everything released.
//!
//! Every released set is one equation over the people's hidden values. A group's
//! sum is derivable exactly when its indicator lies in the row space of those
//! equations, that is, when it is orthogonal to their null space. One random
//! vector of the null space over the field of 2^61 - 1 elements tells that with
//! an error below 2^-58. People who were in the same released sets throughout
//! form an atom; a derivable group never splits an atom, so only small atoms
//! and unions of them need a look.

use std::collections::HashMap;

use super::Withheld;

/// A Mersenne prime; arithmetic modulo it stays within 128 bits.
const P: u64 = (1 << 61) - 1;
/// Null vectors kept in reserve when the pool is filled.
const RESERVE: usize = 48;
/// More small atoms than this cannot be searched in reasonable time.
const SMALL_ATOMS: usize = 1_200;

fn add(a: u64, b: u64) -> u64 {
    let s = a + b;
    if s >= P { s - P } else { s }
}

fn sub(a: u64, b: u64) -> u64 {
    if a >= b { a - b } else { a + P - b }
}

fn mul(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    let low = u64::try_from(wide & u128::from(P)).unwrap_or(0);
    let high = u64::try_from(wide >> 61).unwrap_or(0);
    add(low, if high >= P { high - P } else { high })
}

/// a^(P - 2), the inverse of a non-zero element.
fn inverse(a: u64) -> u64 {
    let (mut result, mut base, mut power) = (1, a, P - 2);
    while power > 0 {
        if power & 1 == 1 {
            result = mul(result, base);
        }
        base = mul(base, base);
        power >>= 1;
    }
    result
}

/// The memory of one measure: everything released about its people.
#[derive(Debug, Clone)]
pub struct Audit {
    minimum: usize,
    atom_of: Vec<u32>,
    sizes: Vec<usize>,
    released: Vec<Vec<u32>>,
    /// Vectors drawn from the null space, one value per atom.
    pool: Vec<Vec<u64>>,
    state: u64,
}

impl Audit {
    /// An audit over `people`, none of whom has been spoken of yet.
    #[must_use]
    pub fn new(minimum: u64, people: usize) -> Self {
        let mut audit = Self {
            minimum: usize::try_from(minimum).unwrap_or(usize::MAX),
            atom_of: vec![0; people],
            sizes: vec![people],
            released: Vec::new(),
            pool: Vec::new(),
            state: 0x9e37_79b9_7f4a_7c15,
        };
        audit.fill(RESERVE);
        audit
    }

    /// Takes over a set that was released before, without judging it.
    pub fn recall(&mut self, members: &[u32]) {
        let atoms = self.split(members);
        self.impose(&atoms);
        self.released.push(members.to_vec());
    }

    /// Releases a set unless a group below the minimum would become derivable.
    /// A refused set leaves no trace.
    ///
    /// # Errors
    /// Why the set is withheld.
    pub fn admit(&mut self, members: &[u32]) -> Result<(), Withheld> {
        if members.len() < self.minimum {
            return Err(Withheld::BelowMinimum);
        }
        let atoms = self.split(members);
        if self.pool.len() < 3 {
            self.fill(self.released.len() + 2 * RESERVE);
        }
        let Some(next) = self.null_vector_after(&atoms) else {
            return Ok(()); // the sum was derivable before: nothing new is told
        };
        self.judge(&next)?;
        self.impose(&atoms);
        self.released.push(members.to_vec());
        Ok(())
    }

    /// A pseudo-random element of the field (SplitMix64). The draw need not be
    /// secret: no reader chooses sets by it.
    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % P
    }

    /// Draws a fresh pool and imposes all released sets on it.
    fn fill(&mut self, size: usize) {
        let atoms = self.sizes.len();
        self.pool = (0..size + self.released.len()).map(|_| (0..atoms).map(|_| self.draw()).collect()).collect();
        let released = std::mem::take(&mut self.released);
        for members in &released {
            let atoms = self.split(members);
            self.impose(&atoms);
        }
        self.released = released;
    }

    /// Makes the members a union of whole atoms; returns those atoms.
    fn split(&mut self, members: &[u32]) -> Vec<usize> {
        let mut inside: HashMap<u32, Vec<u32>> = HashMap::new();
        for &person in members {
            if let Some(&atom) = self.atom_of.get(person as usize) {
                inside.entry(atom).or_default().push(person);
            }
        }
        let mut touched: Vec<(u32, Vec<u32>)> = inside.into_iter().collect();
        touched.sort_unstable_by_key(|(atom, _)| *atom);
        let mut atoms = Vec::with_capacity(touched.len());
        for (atom, people) in touched {
            let old = atom as usize;
            if people.len() == self.sizes[old] {
                atoms.push(old);
                continue;
            }
            let new = self.sizes.len();
            self.sizes[old] -= people.len();
            self.sizes.push(people.len());
            for person in people {
                self.atom_of[person as usize] = u32::try_from(new).unwrap_or(u32::MAX);
            }
            for i in 0..self.pool.len() {
                let part = self.draw();
                let vector = &mut self.pool[i];
                vector[old] = sub(vector[old], part);
                vector.push(part);
            }
            atoms.push(new);
        }
        atoms
    }

    /// A random null vector of everything released and these atoms' sum; `None`
    /// when that sum is derivable already.
    fn null_vector_after(&self, atoms: &[usize]) -> Option<Vec<u64>> {
        let [.., z, w] = self.pool.as_slice() else { return None };
        let (dz, dw) = (dot(z, atoms), dot(w, atoms));
        if dz == 0 && dw == 0 {
            return None;
        }
        Some(z.iter().zip(w).map(|(&a, &b)| sub(mul(a, dw), mul(b, dz))).collect())
    }

    /// Projects the pool onto the vectors orthogonal to these atoms' sum.
    fn impose(&mut self, atoms: &[usize]) {
        let products: Vec<u64> = self.pool.iter().map(|v| dot(v, atoms)).collect();
        let Some(pivot) = products.iter().rposition(|&d| d != 0) else { return };
        let spent = self.pool.swap_remove(pivot);
        let mut products = products;
        let factor = inverse(products.swap_remove(pivot));
        for (vector, d) in self.pool.iter_mut().zip(products) {
            let share = mul(d, factor);
            for (value, &s) in vector.iter_mut().zip(&spent) {
                *value = sub(*value, mul(s, share));
            }
        }
    }

    /// Looks for a union of small atoms below the minimum whose sum vanishes on
    /// the null vector: up to four atoms, complete for a minimum of five.
    fn judge(&self, null: &[u64]) -> Result<(), Withheld> {
        let small: Vec<(u64, usize)> = null
            .iter()
            .zip(&self.sizes)
            .filter(|(_, s)| (1..self.minimum).contains(*s))
            .map(|(v, s)| (*v, *s))
            .collect();
        if small.iter().any(|(value, _)| *value == 0) {
            return Err(Withheld::Derivable);
        }
        if small.len() > SMALL_ATOMS {
            return Err(Withheld::Exhausted);
        }
        let mut singles: HashMap<u64, Vec<usize>> = HashMap::new();
        for (i, (value, _)) in small.iter().enumerate() {
            singles.entry(*value).or_default().push(i);
        }
        let mut pairs: HashMap<u64, Vec<(usize, usize, usize)>> = HashMap::new();
        for (i, &(a, size_a)) in small.iter().enumerate() {
            for (j, &(b, size_b)) in small.iter().enumerate().skip(i + 1) {
                let (sum, size) = (add(a, b), size_a + size_b);
                if size >= self.minimum {
                    continue;
                }
                let opposite = if sum == 0 { 0 } else { P - sum };
                let third = singles.get(&opposite).into_iter().flatten();
                let fits = |k: &usize| *k != i && *k != j && size + small[*k].1 < self.minimum;
                if sum == 0 || third.into_iter().any(fits) {
                    return Err(Withheld::Derivable);
                }
                let others = pairs.get(&opposite).into_iter().flatten();
                let apart = |(k, l, s): &(usize, usize, usize)| {
                    ![*k, *l].contains(&i) && ![*k, *l].contains(&j) && size + s < self.minimum
                };
                if others.into_iter().any(apart) {
                    return Err(Withheld::Derivable);
                }
                if size + 2 < self.minimum {
                    pairs.entry(sum).or_default().push((i, j, size));
                }
            }
        }
        Ok(())
    }
}

fn dot(vector: &[u64], atoms: &[usize]) -> u64 {
    atoms.iter().filter_map(|&a| vector.get(a)).fold(0, |sum, &v| add(sum, v))
}
