//! Sorting that is compiled once for all types: an instance of the standard library's sorts for each
//! type is one twentieth of the library's build.

use std::cmp::Ordering;

/// Sorts stably, for lists that are short, or of which moving the elements costs more than comparing
/// them.
pub(crate) fn sort_by<T>(list: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut order = ordered(list.len(), &|a, b| match (list.get(a), list.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    permute(&mut order, &mut |a, b| list.swap(a, b));
}

/// [`sort_by`] the elements' own order.
pub(crate) fn sort<T: Ord>(list: &mut [T]) {
    sort_by(list, T::cmp);
}

/// The indices of a list of that length in the order of its elements.
fn ordered(len: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<_> = (0..len).collect();
    order.sort_by(|&a, &b| compare(a, b));
    order
}

/// Brings the element at `order[i]` to `i`, for each `i`.
fn permute(order: &mut [usize], swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..order.len() {
        // One cycle: the element of `start` moves on until it is where it belongs.
        let mut at = start;
        while let Some(from) = order.get_mut(at).map(|from| std::mem::replace(from, at)) {
            if from == start || from == at {
                break;
            }
            swap(at, from);
            at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_as_the_standard_library_does() {
        // Xorshift: each list is another, and each run the same.
        let mut state = 0x9E37_79B9_u32;
        let mut number = move || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        };
        for len in (0..40).chain([1000]) {
            for different in [1, 2, 7, 1000] {
                let list: Vec<_> = (0..len)
                    .map(|place| (number() % different, place.to_string()))
                    .collect();
                let (mut ours, mut theirs) = (list.clone(), list);
                sort_by(&mut ours, |(a, _), (b, _)| a.cmp(b));
                theirs.sort_by_key(|(a, _)| *a);
                assert_eq!(ours, theirs);
                ours.reverse();
                sort(&mut ours);
                theirs.sort();
                assert_eq!(ours, theirs);
            }
        }
    }
}
