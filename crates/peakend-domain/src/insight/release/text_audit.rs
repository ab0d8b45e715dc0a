//! Texts are seen one by one, so lists can be intersected as well as subtracted.

use std::collections::HashMap;

use super::Withheld;

/// The memory of all lists of texts that were shown. Two texts that were in the
/// same lists throughout form an atom; every atom that was shown at all keeps at
/// least the minimum, so no label narrows a text down to fewer people.
#[derive(Debug, Clone)]
pub struct TextAudit {
    minimum: usize,
    atom_of: Vec<u32>,
    sizes: Vec<usize>,
}

impl TextAudit {
    /// An audit over `texts`, none of which has been shown; atom 0 is "never shown".
    #[must_use]
    pub fn new(minimum: u64, texts: usize) -> Self {
        Self { minimum: usize::try_from(minimum).unwrap_or(usize::MAX), atom_of: vec![0; texts], sizes: vec![texts] }
    }

    /// Takes over a list that was shown before, without judging it.
    pub fn recall(&mut self, members: &[u32]) {
        for (atom, people) in self.touched(members) {
            self.part(atom, people);
        }
    }

    /// Shows a list unless it would single out fewer texts than the minimum.
    ///
    /// # Errors
    /// Why the list is withheld.
    pub fn admit(&mut self, members: &[u32]) -> Result<(), Withheld> {
        if members.len() < self.minimum {
            return Err(Withheld::BelowMinimum);
        }
        let touched = self.touched(members);
        for (atom, texts) in &touched {
            let rest = self.sizes[*atom as usize] - texts.len();
            let leaves_few = *atom != 0 && (1..self.minimum).contains(&rest);
            if texts.len() < self.minimum || leaves_few {
                return Err(Withheld::Derivable);
            }
        }
        for (atom, texts) in touched {
            self.part(atom, texts);
        }
        Ok(())
    }

    fn touched(&self, members: &[u32]) -> Vec<(u32, Vec<u32>)> {
        let mut inside: HashMap<u32, Vec<u32>> = HashMap::new();
        for &text in members {
            if let Some(&atom) = self.atom_of.get(text as usize) {
                inside.entry(atom).or_default().push(text);
            }
        }
        let mut touched: Vec<_> = inside.into_iter().collect();
        touched.sort_unstable_by_key(|(atom, _)| *atom);
        touched
    }

    fn part(&mut self, atom: u32, texts: Vec<u32>) {
        // the atom of texts never shown is always left behind, even when empty
        if atom != 0 && texts.len() == self.sizes[atom as usize] {
            return;
        }
        let new = u32::try_from(self.sizes.len()).unwrap_or(u32::MAX);
        self.sizes[atom as usize] -= texts.len();
        self.sizes.push(texts.len());
        for text in texts {
            self.atom_of[text as usize] = new;
        }
    }
}
