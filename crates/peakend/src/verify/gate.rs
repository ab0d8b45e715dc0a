//! The release gate as reference cases ask it: sets of people, one after another.

use peakend_domain::insight::release::Audit;

/// Whether each set is refused, given everything answered before it. A set of
/// nobody is answered: it says nothing about anybody.
pub(super) fn refusals(minimum: u64, people: usize, sets: &[Vec<u32>]) -> Vec<bool> {
    let mut audit = Audit::new(minimum, people);
    sets.iter().map(|set| !set.is_empty() && audit.admit(set).is_err()).collect()
}

#[cfg(test)]
mod tests {
    use super::refusals;

    #[test]
    fn a_set_that_leaves_too_few_over_is_refused_and_an_empty_one_is_not() {
        let everybody: Vec<u32> = (0..20).collect();
        let all_but_two = everybody[2..].to_vec();
        let refused = refusals(5, 20, &[everybody, all_but_two, Vec::new(), vec![1, 2, 3]]);
        assert_eq!(refused, [false, true, false, true]);
    }
}
