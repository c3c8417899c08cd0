//! What is missing in a tree, and what is there beyond it: the shortest edit of two lists.

use std::{collections::HashMap, convert::Infallible};

use similar::algorithms::{DiffHook, myers};

use super::line::Line;

/// A difference between the tree that should be and the one that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
    /// It should be there and is not.
    Missing(&'a Line),
    /// It is there and should not be.
    Extra(&'a Line),
    /// It is there, but [which process it is](Line::unknown) could not be read: one that is missing,
    /// or one that should not be there.
    Unknown(&'a Line),
}

impl<'a> Change<'a> {
    /// Which process.
    #[must_use]
    pub fn line(&self) -> &'a Line {
        match self {
            Self::Missing(line) | Self::Extra(line) | Self::Unknown(line) => line,
        }
    }

    /// `-` for one that is missing, `+` for an extra one, `?` for an unknown one.
    #[must_use]
    pub fn sign(&self) -> char {
        match self {
            Self::Missing(_) => '-',
            Self::Extra(_) => '+',
            Self::Unknown(_) => '?',
        }
    }

    /// Is it one that should be there?
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing(_))
    }
}

/// What makes `now` of `saved`: as few lines as possible, in the order of the trees, at each place
/// the missing ones first. The same trees give the same answer. A line that is
/// [unknown](Line::unknown) is the same as no other.
///
/// ```
/// use psgo::drift::{Change, Line, diff};
///
/// let line = |text: &str| text.parse::<Line>().unwrap();
/// let saved = [line("root  {user=root}"), line("  sshd  {user=root}")];
/// let now = [line("root  {user=root}"), line("  nc -l  {user=root}")];
/// assert_eq!(diff(&saved, &now), [Change::Missing(&saved[1]), Change::Extra(&now[1])]);
/// ```
#[must_use]
pub fn diff<'a>(saved: &'a [Line], now: &'a [Line]) -> Vec<Change<'a>> {
    let [old, new] = shared([saved, now]);
    let numbers = |side: &[Numbered]| side.iter().map(|line| line.number).collect::<Vec<_>>();
    let (old_numbers, new_numbers) = (numbers(&old), numbers(&new));
    let mut pairs = Pairs(Vec::new());
    // Raw is without the heuristics, which are faster and not always the shortest.
    let Ok(()) = myers::diff_deadline_raw(
        &mut pairs,
        &old_numbers[..],
        0..old_numbers.len(),
        &new_numbers[..],
        0..new_numbers.len(),
        None,
    );

    let (mut changes, mut before, mut after) = (Vec::new(), 0, 0);
    let places = pairs.0.into_iter().filter_map(|(i, j)| {
        let (old, new) = (old.get(i)?, new.get(j)?);
        Some((old.place, new.place))
    });
    for (old, new) in places.chain([(saved.len(), now.len())]) {
        let missing = saved.get(before..old).unwrap_or_default();
        let extra = now.get(after..new).unwrap_or_default();
        let unknown = |line: &'a Line| line.unknown.map(|_| Change::Unknown(line));
        let missing = missing.iter();
        changes.extend(missing.map(|line| unknown(line).unwrap_or(Change::Missing(line))));
        let extra = extra.iter();
        changes.extend(extra.map(|line| unknown(line).unwrap_or(Change::Extra(line))));
        (before, after) = (old + 1, new + 1);
    }
    changes
}

/// A line by its place, and the number that it has in common with all lines equal to it.
struct Numbered {
    place: usize,
    number: usize,
}

/// What is known of all lines equal to one.
struct Known {
    number: usize,
    is_on: [bool; 2],
}

/// The lines that are on both sides. The others cannot be kept whatever the edit, and where
/// everything has changed they would be all that it takes time for.
fn shared(sides: [&[Line]; 2]) -> [Vec<Numbered>; 2] {
    let mut known: HashMap<(u8, &[u8], &[u8]), Known> = HashMap::new();
    let mut numbered = [Vec::new(), Vec::new()];
    for (side, lines) in sides.into_iter().enumerate() {
        let lines = lines.iter().enumerate();
        for (place, line) in lines.filter(|(_, line)| line.unknown.is_none()) {
            let key = (line.level, line.cmdline.as_bytes(), line.user.as_bytes());
            let number = known.len();
            let line = known.entry(key).or_insert(Known {
                number,
                is_on: [false; 2],
            });
            // There are two sides, here as well.
            line.is_on[side] = true;
            numbered[side].push(Numbered {
                place,
                number: line.number,
            });
        }
    }
    // One for each number that was given out.
    let mut is_shared = vec![false; known.len()];
    for line in known.into_values() {
        is_shared[line.number] = line.is_on == [true; 2];
    }
    numbered.map(|mut side| {
        side.retain(|line| is_shared[line.number]);
        side
    })
}

/// The lines that stay, by their places on both sides.
struct Pairs(Vec<(usize, usize)>);

impl DiffHook for Pairs {
    type Error = Infallible;

    fn equal(&mut self, old: usize, new: usize, count: usize) -> Result<(), Infallible> {
        self.0.extend((0..count).map(|i| (old + i, new + i)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(n: u64) -> Line {
        Line::new(2, format!("daemon {n}").as_bytes(), b"root")
    }

    fn lines(numbers: &[u64]) -> Vec<Line> {
        numbers.iter().map(|n| line(*n)).collect()
    }

    /// How many lines of two lists can stay at most, by the textbook.
    fn longest_common(a: &[u64], b: &[u64]) -> usize {
        let mut row = vec![0; b.len() + 1];
        for x in a {
            let mut diagonal = 0;
            for (j, y) in b.iter().enumerate() {
                let above = row[j + 1];
                row[j + 1] = if x == y {
                    diagonal + 1
                } else {
                    above.max(row[j])
                };
                diagonal = above;
            }
        }
        row[b.len()]
    }

    /// Makes `now` of `saved` by the changes, each taken where it is met first.
    fn applied(saved: &[Line], changes: &[Change<'_>], now: &[Line]) {
        let mut changes = changes.iter().peekable();
        let mut saved = saved.iter();
        let mut made = Vec::new();
        while made.len() < now.len() || changes.peek().is_some() {
            match changes.next() {
                Some(Change::Missing(line)) => {
                    // All that stays before it.
                    for other in saved.by_ref() {
                        if std::ptr::eq(other, *line) {
                            break;
                        }
                        made.push(other);
                    }
                }
                Some(Change::Extra(line)) => {
                    while !std::ptr::eq(&raw const now[made.len()], *line) {
                        made.push(saved.next().unwrap());
                    }
                    made.push(line);
                }
                Some(Change::Unknown(_)) => unreachable!("none of them is"),
                None => made.push(saved.next().unwrap()),
            }
        }
        assert_eq!(saved.count(), 0);
        assert!(made.into_iter().eq(now));
    }

    /// Numbers below `most`, the same in every run.
    fn random(seed: &mut u64, most: u64) -> u64 {
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) % most
    }

    #[test]
    fn the_edit_is_the_shortest_there_is() {
        let mut seed = 7;
        for round in 0..400 {
            // Few different lines make many ways; some lines are on one side only.
            let different = 1 + round % 12;
            let mut list = |offset| -> Vec<u64> {
                let length = random(&mut seed, 40);
                let number = |_| offset + random(&mut seed, different);
                (0..length).map(number).collect()
            };
            let (a, b) = (list(0), list(round % 3));
            let (saved, now) = (lines(&a), lines(&b));
            let changes = diff(&saved, &now);
            let shortest = a.len() + b.len() - 2 * longest_common(&a, &b);
            assert_eq!(changes.len(), shortest, "{a:?} {b:?}");
            applied(&saved, &changes, &now);
        }
    }

    #[test]
    fn it_is_the_shortest_of_long_lists_too() {
        let mut seed = 11;
        let mut list = || -> Vec<u64> { (0..1200).map(|_| random(&mut seed, 300)).collect() };
        let (a, b) = (list(), list());
        let (saved, now) = (lines(&a), lines(&b));
        let changes = diff(&saved, &now);
        let shortest = a.len() + b.len() - 2 * longest_common(&a, &b);
        assert_eq!(changes.len(), shortest);
        applied(&saved, &changes, &now);
    }

    #[test]
    fn equal_trees_have_no_changes() {
        let saved = lines(&[1, 2, 2, 3]);
        assert_eq!(diff(&saved, &saved.clone()), []);
        assert_eq!(diff(&[], &[]), []);
    }

    #[test]
    fn the_missing_ones_come_first_at_each_place() {
        let (saved, now) = (lines(&[1, 2, 3, 4]), lines(&[5, 1, 6, 7, 4]));
        let shown: Vec<_> = diff(&saved, &now)
            .iter()
            .map(|change| (change.is_missing(), change.line().clone()))
            .collect();
        assert_eq!(
            shown,
            [
                (false, line(5)),
                (true, line(2)),
                (true, line(3)),
                (false, line(6)),
                (false, line(7))
            ]
        );
    }

    #[test]
    fn a_process_at_another_level_is_another() {
        let (saved, now) = ([Line::new(1, b"a", b"root")], [Line::new(2, b"a", b"root")]);
        assert_eq!(diff(&saved, &now).len(), 2);
    }
}
