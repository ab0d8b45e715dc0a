//! Pure numerics: metrics, intervals, comparisons, matching, difference-in-differences.
