//! Reading the voices behind a figure.
//!
//! Voices of customers and of the public are read one by one. Voices of
//! employees are read only as texts of a large enough group, in an order that
//! says nothing about when or where they were given.

/// The position of an employee's text in a list: stable, and unrelated to time,
/// place and score. `salt` keeps lists of different organisations apart.
#[must_use]
pub fn shuffled(salt: &str, id: &str) -> u64 {
    let bytes = salt.bytes().chain([0]).chain(id.bytes());
    let mut hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    // FNV alone leaves neighbouring ids near each other
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_texts_does_not_follow_their_ids() {
        let mut order: Vec<u32> = (0..200).collect();
        order.sort_by_key(|i| shuffled("org", &format!("r.{i:04}")));
        let rising = order.windows(2).filter(|w| w[0] < w[1]).count();
        assert!((70..130).contains(&rising), "{rising} of 199 neighbours rise");
        assert_eq!(shuffled("org", "r.1"), shuffled("org", "r.1"));
        assert_ne!(shuffled("org", "r.1"), shuffled("other", "r.1"));
    }
}
