//! The words of the dictionary as a trie.

use std::sync::OnceLock;

/// What the dictionary's words cost, found letter by letter.
#[derive(Debug)]
pub(crate) struct Lexicon {
    /// Children of a node lie together, in order of their letter.
    nodes: Vec<Node>,
    /// Node of each possible first letter; 0 where no word begins.
    roots: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    letter: u16,
    /// Cost of the word that ends here; [`NO_WORD`] when none does.
    cost: u16,
    first: u32,
    children: u32,
}

const NO_WORD: u16 = u16::MAX;

/// Cost of a single letter that is no word.
pub(crate) const UNKNOWN: u32 = 179;

/// Cost of the words we add in `data/own_words.txt`.
const OWN: u16 = 90;

impl Lexicon {
    /// The dictionary that ships.
    pub(crate) fn shipped() -> &'static Self {
        static LEXICON: OnceLock<Lexicon> = OnceLock::new();
        LEXICON.get_or_init(|| {
            let counted = include_str!("../data/words.txt").lines().filter(|l| !l.starts_with('#'));
            let counted = counted.filter_map(|line| {
                let (cost, words) = line.split_once('\t')?;
                let cost: u16 = cost.parse().ok()?;
                Some(words.split(' ').map(move |word| (word, cost)))
            });
            let own = include_str!("../data/own_words.txt").lines().filter(|l| !l.starts_with('#'));
            let own = own.flat_map(str::split_whitespace).map(|word| (word, OWN));
            Self::of(counted.flatten().chain(own))
        })
    }

    /// Builds from words and their costs; of a word given twice the lower cost.
    pub(crate) fn of<'a>(words: impl Iterator<Item = (&'a str, u16)>) -> Self {
        let mut letters: Vec<u16> = Vec::new();
        // begin, end and cost: one buffer instead of a string each
        let mut spans: Vec<(u32, u32, u16)> = Vec::new();
        for (word, cost) in words {
            let start = letters.len() as u32;
            letters.extend(word.encode_utf16());
            spans.push((start, letters.len() as u32, cost));
        }
        let slice = |span: &(u32, u32, u16)| letters.get(span.0 as usize..span.1 as usize).unwrap_or_default();
        spans.sort_unstable_by(|x, y| slice(x).cmp(slice(y)).then(x.2.cmp(&y.2)));
        let sorted: Vec<(&[u16], u16)> = spans.iter().map(|span| (slice(span), span.2)).collect();
        let mut lexicon =
            Self { nodes: vec![Node { letter: 0, cost: NO_WORD, first: 0, children: 0 }], roots: vec![0; 0x1_0000] };
        lexicon.grow(&sorted);
        for at in lexicon.nodes.first().map(|n| n.first..n.first + n.children).unwrap_or_default() {
            let letter = lexicon.nodes[at as usize].letter;
            lexicon.roots[usize::from(letter)] = at;
        }
        lexicon
    }

    /// Lays out the nodes level by level; each waiting node has its range of sorted words.
    fn grow(&mut self, words: &[(&[u16], u16)]) {
        let mut waiting = std::collections::VecDeque::from([(0usize, 0usize, words.len(), 0usize)]);
        while let Some((node, from, to, depth)) = waiting.pop_front() {
            let first = self.nodes.len();
            let mut at = from;
            while let Some((word, cost)) = words.get(at).filter(|_| at < to) {
                let Some(&letter) = word.get(depth) else {
                    // the word ends at this node; the cheapest of equals comes first
                    let known = &mut self.nodes[node].cost;
                    *known = (*known).min(*cost);
                    at += 1;
                    continue;
                };
                let same =
                    words.get(at..to).unwrap_or_default().iter().take_while(|(w, _)| w.get(depth) == Some(&letter));
                let end = at + same.count();
                waiting.push_back((self.nodes.len(), at, end, depth + 1));
                self.nodes.push(Node { letter, cost: NO_WORD, first: 0, children: 0 });
                at = end;
            }
            self.nodes[node].first = first as u32;
            self.nodes[node].children = (self.nodes.len() - first) as u32;
        }
    }

    /// Calls with the length in letters and the cost of every word that begins
    /// the letters, shortest first.
    pub(crate) fn words_at(&self, letters: &[u16], mut word: impl FnMut(usize, u32)) {
        let Some(&initial) = letters.first() else { return };
        let mut at = self.roots[usize::from(initial)];
        let mut length = 1;
        while at != 0 {
            let node = self.nodes[at as usize];
            if node.cost != NO_WORD {
                word(length, u32::from(node.cost));
            }
            let Some(&next) = letters.get(length) else { return };
            at = self.child(node, next).unwrap_or(0);
            length += 1;
        }
    }

    fn child(&self, node: Node, letter: u16) -> Option<u32> {
        let children = self.nodes.get(node.first as usize..(node.first + node.children) as usize)?;
        let at = children.binary_search_by_key(&letter, |n| n.letter).ok()?;
        Some(node.first + at as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_that_begins_is_found_with_its_cost() {
        let lexicon = Lexicon::of([("银行", 70), ("银", 90), ("银行卡", 80), ("行", 60), ("银行", 75)].into_iter());
        let letters: Vec<u16> = "银行卡".encode_utf16().collect();
        let mut found = Vec::new();
        lexicon.words_at(&letters, |length, cost| found.push((length, cost)));
        assert_eq!(found, [(1, 90), (2, 70), (3, 80)]);
        lexicon.words_at(&letters[1..], |length, cost| assert_eq!((length, cost), (1, 60)));
        lexicon.words_at(&[], |_, _| panic!("no letters, no words"));
    }
}
