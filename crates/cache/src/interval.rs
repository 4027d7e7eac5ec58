//! Exact bounds on a share (C. Clopper, E. Pearson, Biometrika 26 (1934) 404): they hold for the smallest of samples,
//! where a false hit in a hundred has to be told from none.

/// The lower and upper bound of the share behind `hits` of `total`, each wrong with probability `risk` at most.
pub fn bounds(hits: usize, total: usize, risk: f64) -> (f64, f64) {
    let lower = if hits == 0 { 0.0 } else { 1.0 - upper(total - hits, total, risk) };
    (lower, upper(hits, total, risk))
}

/// The largest share under which no more than `hits` of `total` would still be seen with probability `risk`. 0 to 1.
pub(crate) fn upper(hits: usize, total: usize, risk: f64) -> f64 {
    if hits >= total {
        return 1.0;
    }
    let (mut low, mut high) = (hits as f64 / total as f64, 1.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if at_most(hits, total, middle) > risk { low = middle } else { high = middle }
    }
    high
}

/// The probability of `hits` or fewer among `total`, each with probability `share`, which lies between 0 and 1.
fn at_most(hits: usize, total: usize, share: f64) -> f64 {
    let odds = (share / (1.0 - share)).ln();
    let mut term = total as f64 * (-share).ln_1p();
    let mut sum = term.exp();
    for hit in 1..=hits {
        term += odds + ((total - hit + 1) as f64 / hit as f64).ln();
        sum += term.exp();
    }
    sum.min(1.0)
}
