//! The processes of a listing as a tree: the children of each, and what the rules do to it.

use std::collections::HashMap;

use crate::{
    error::{Error, ErrorKind, Result},
    ids::Pid,
    query::Row,
    value::{Missing, Text, Value},
};

use super::{
    cut::Cutter,
    line::{Line, Unknown},
    rule::{About, Action, Pattern, Rule, Scope},
    rules::Rules,
};

/// The node above all: what has no parent in the listing is its child.
const ROOT: usize = 0;

/// The processes of a listing, each with its place among [`nodes`](Self::nodes).
///
/// Every list here is as long as they are and holds places of theirs, and none gets shorter; so to
/// index one by a place cannot fail.
pub(super) struct Forest {
    pub(super) nodes: Vec<Node>,
    /// By place, as long as the nodes.
    children: Vec<Vec<usize>>,
    /// Parents before children.
    order: Vec<usize>,
    is_joined: bool,
}

/// A process.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) pid: Pid,
    pub(super) parent: usize,
    depth: usize,
    user: Text,
    is_kernel_thread: bool,
    /// As the kernel has it, cut; empty if it is unknown.
    pub(super) before: Text,
    /// As the rules have made it.
    cmdline: Text,
    /// Why it cannot be compared.
    pub(super) unknown: Option<Missing>,
    /// By the rule of this number.
    pub(super) adjusted: Option<usize>,
    pub(super) verdict: Verdict,
}

/// Whether a process is shown, and by which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No rule is about it.
    Untouched,
    KernelThread,
    Shown(usize),
    Hidden(usize),
    /// It is shown, as it is unknown which rules are about it.
    Unknown,
}

impl Node {
    pub(super) fn is_shown(&self) -> bool {
        !matches!(self.verdict, Verdict::KernelThread | Verdict::Hidden(_))
    }

    pub(super) fn line(&self) -> Line {
        let level = u8::try_from(self.depth).unwrap_or(u8::MAX);
        let pid = self.pid;
        Line {
            unknown: self.unknown.map(|reason| Unknown { pid, reason }),
            ..Line::of(level, &self.cmdline, &self.user)
        }
    }

    /// The command line before the rules, if it is known.
    fn before(&self) -> Option<&[u8]> {
        self.unknown.is_none().then(|| self.before.as_bytes())
    }

    /// The command line after the rules, if it is known.
    fn cmdline(&self) -> Option<&[u8]> {
        self.unknown.is_none().then(|| self.cmdline.as_bytes())
    }
}

/// What a row of [`COLUMNS`](super::COLUMNS) says.
fn node(row: &Row, cutter: &mut Cutter) -> Option<(Node, u32)> {
    let [ppid, user, state, kthread, args] = row.values() else {
        return None;
    };
    let number = |value: &Value| match value {
        Value::Int(number) => Some(Some(*number)),
        Value::Missing(_) => Some(None),
        _ => None,
    };
    let text = |value: &Value| match value {
        Value::Text(text) => Some(Some(text.clone())),
        Value::Missing(_) => Some(None),
        _ => None,
    };
    // A parent and a user may also not exist where the listing is made: those of another container.
    let unread = [ppid, user].into_iter().filter_map(Value::missing);
    let unread = unread.filter(|reason| *reason != Missing::None);
    let lacking = [args, state, kthread]
        .into_iter()
        .filter_map(Value::missing);
    let unknown = unread
        .chain(lacking)
        .max_by_key(|reason| *reason != Missing::None);
    let mut before = text(args)?.map_or(Text::word(""), |args| cutter.cut(&args));
    if unknown.is_some() {
        before = Text::word("");
    }
    let is_kernel_thread = number(kthread)? == Some(1);
    let parent = number(ppid)?.and_then(|ppid| u32::try_from(ppid).ok());
    let node = Node {
        pid: row.pid()?,
        parent: ROOT,
        depth: 1,
        user: text(user)?.unwrap_or(Text::word("?")),
        is_kernel_thread,
        cmdline: before.clone(),
        before,
        unknown,
        adjusted: None,
        verdict: Verdict::Untouched,
    };
    Some((node, parent.unwrap_or(0)))
}

/// The processes of one listing, row by row: of each only what is compared is kept, and of a long
/// command line only its beginning, its length and its hash.
///
/// ```
/// use std::ops::ControlFlow;
/// use psgo::{Query, drift};
///
/// let mut processes = drift::Processes::new();
/// let mut added = Ok(());
/// Query::new(drift::COLUMNS)?.for_each(|row| {
///     added = processes.add(&row);
///     if added.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
/// })?;
/// added?;
/// assert!(processes.tree(&drift::Rules::builtin()?).len() > 1);
/// # Ok::<(), psgo::Error>(())
/// ```
#[derive(Debug)]
pub struct Processes {
    nodes: Vec<Node>,
    /// By place, as long as the nodes.
    parents: Vec<u32>,
    /// Through which container the first row came, if there was a row.
    #[allow(clippy::option_option, reason = "a row of the host came through none")]
    via: Option<Option<Pid>>,
    cutter: Cutter,
}

impl Default for Processes {
    fn default() -> Self {
        Self::new()
    }
}

impl Processes {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        let root = Line::root();
        let root = Node {
            pid: Pid::new(0),
            parent: ROOT,
            depth: 0,
            user: root.user,
            is_kernel_thread: false,
            cmdline: root.cmdline.clone(),
            before: root.cmdline,
            unknown: None,
            adjusted: None,
            verdict: Verdict::Untouched,
        };
        Self {
            nodes: vec![root],
            parents: vec![0],
            via: None,
            cutter: Cutter::default(),
        }
    }

    /// Adds the process of `row`.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid): the row is not of [`COLUMNS`](super::COLUMNS), or of
    /// another container than those before it.
    pub fn add(&mut self, row: &Row) -> Result<()> {
        let invalid = |reason| Error::new(ErrorKind::Invalid, "", reason);
        if *self.via.get_or_insert(row.via()) != row.via() {
            return Err(invalid("a tree is of one container, not of several"));
        }
        let read = node(row, &mut self.cutter);
        let (node, parent) = read.ok_or_else(|| invalid("a tree takes rows of drift::COLUMNS"))?;
        self.nodes.push(node);
        self.parents.push(parent);
        Ok(())
    }

    /// Their lines, as [`tree`](super::tree) gives them.
    #[must_use]
    pub fn tree(self, rules: &Rules) -> Vec<Line> {
        Forest::new(self, rules).lines()
    }
}

impl Forest {
    /// The tree of the processes of one listing, ruled and sorted.
    pub(super) fn new(processes: Processes, rules: &Rules) -> Self {
        let Processes {
            nodes,
            parents,
            via,
            ..
        } = processes;
        let mut forest = Self {
            children: vec![Vec::new(); nodes.len()],
            order: Vec::with_capacity(nodes.len()),
            is_joined: via.flatten().is_some(),
            nodes,
        };
        forest.link(&parents);
        forest.adjust(rules);
        forest.sort();
        forest.judge(rules);
        forest
    }

    /// Finds the parent of each process by its number, and the order from parents to children.
    ///
    /// A parent that is not in the listing has ended while it was made, and the kernel gives its
    /// children to process 1. Rows are read one after the other, and numbers come again; so a
    /// process can seem to be above itself, and is then a child of the root.
    fn link(&mut self, parents: &[u32]) {
        let places: HashMap<u32, usize> = self
            .nodes
            .iter()
            .enumerate()
            .skip(1)
            .map(|(place, node)| (node.pid.get(), place))
            .collect();
        let init = places.get(&1).copied().unwrap_or(ROOT);
        for (place, ppid) in parents.iter().enumerate().skip(1) {
            let parent = match (ppid, places.get(ppid)) {
                (0, _) => ROOT,
                (_, Some(parent)) if *parent != place => *parent,
                _ if init == place => ROOT,
                _ => init,
            };
            self.nodes[place].parent = parent;
        }
        self.unknot();
        for place in 1..self.nodes.len() {
            self.children[self.nodes[place].parent].push(place);
        }
        self.order.push(ROOT);
        let mut next = 0;
        while let Some(&place) = self.order.get(next) {
            next += 1;
            for i in 0..self.children[place].len() {
                let child = self.children[place][i];
                self.nodes[child].depth = self.nodes[place].depth + 1;
                self.order.push(child);
            }
        }
    }

    /// Gives to the root one process of each ring.
    fn unknot(&mut self) {
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            OnTheWay,
            Rooted,
        }
        let mut marks = vec![Mark::New; self.nodes.len()];
        marks[ROOT] = Mark::Rooted;
        for start in 1..self.nodes.len() {
            let mut way = Vec::new();
            let mut place = start;
            while marks[place] == Mark::New {
                marks[place] = Mark::OnTheWay;
                way.push(place);
                place = self.nodes[place].parent;
            }
            if marks[place] == Mark::OnTheWay {
                self.nodes[place].parent = ROOT;
            }
            for place in way {
                marks[place] = Mark::Rooted;
            }
        }
    }

    /// Changes the command lines; ancestors are matched as the kernel has them.
    fn adjust(&mut self, rules: &Rules) {
        for (number, rule) in rules.iter().enumerate() {
            let Action::Adjust(steps) = &rule.action else {
                continue;
            };
            let below = self.below(rule, Node::before);
            for place in 1..self.nodes.len() {
                let node = &self.nodes[place];
                let is_first = node.adjusted.is_none() && node.unknown.is_none();
                if is_first && self.is_about(&rule.about, place, node.before(), below.as_deref()) {
                    let node = &mut self.nodes[place];
                    node.adjusted = Some(number);
                    let before = node.before.as_bytes().to_vec();
                    let after = steps.iter().fold(before, |line, step| step.apply(&line));
                    node.cmdline = Text::from(&after[..]);
                }
            }
        }
    }

    /// Which processes are below one that a rule wants above them; nothing if it wants none.
    fn below(&self, rule: &Rule, cmdline: fn(&Node) -> Option<&[u8]>) -> Option<Vec<bool>> {
        let pattern: &Pattern = rule.about.ancestor.as_ref()?;
        let matches = |place: usize| {
            let node = &self.nodes[place];
            place != ROOT && pattern.matches(cmdline(node), node.user.as_bytes())
        };
        Some(self.spread(matches))
    }

    /// Which processes have one above them of which it holds.
    fn spread(&self, holds: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut below = vec![false; self.nodes.len()];
        for &place in self.order.iter().skip(1) {
            let parent = self.nodes[place].parent;
            below[place] = below[parent] || holds(parent);
        }
        below
    }

    fn is_about(
        &self,
        about: &About,
        place: usize,
        cmdline: Option<&[u8]>,
        below: Option<&[bool]>,
    ) -> bool {
        let node = &self.nodes[place];
        place != ROOT
            && about.host.is_none_or(|host| host != self.is_joined)
            && about.pid.is_none_or(|pid| pid == node.pid)
            && below.is_none_or(|below| below[place])
            && about.process.matches(cmdline, node.user.as_bytes())
    }

    /// Sorts the children of each by command line, user, number of children, and then by those.
    ///
    /// From the deepest up, each node gets the rank that it has among those as deep as it is. So
    /// children are compared by numbers, and the deepest of trees takes no deeper recursion.
    fn sort(&mut self) {
        let mut rank = vec![0_usize; self.nodes.len()];
        let mut level: Vec<usize> = Vec::new();
        let mut rest = &self.order[..];
        while let Some(&last) = rest.last() {
            let depth = self.nodes[last].depth;
            let start = rest.partition_point(|place| self.nodes[*place].depth < depth);
            level.clear();
            level.extend(&rest[start..]);
            rest = &rest[..start];
            for &place in &level {
                self.children[place].sort_by_key(|child| rank[*child]);
            }
            let ranks = |place: usize| self.children[place].iter().map(|child| rank[*child]);
            let compare = |a: usize, b: usize| {
                let (one, other) = (&self.nodes[a], &self.nodes[b]);
                let lengths = (self.children[a].len(), self.children[b].len());
                one.cmdline
                    .cmp(&other.cmdline)
                    .then_with(|| one.user.cmp(&other.user))
                    .then_with(|| lengths.0.cmp(&lengths.1))
                    .then_with(|| ranks(a).cmp(ranks(b)))
            };
            level.sort_by(|a, b| compare(*a, *b));
            let mut number = 0;
            let numbers: Vec<_> = level
                .iter()
                .enumerate()
                .map(|(i, &place)| {
                    number += usize::from(i > 0 && compare(level[i - 1], place).is_ne());
                    (place, number)
                })
                .collect();
            for (place, number) in numbers {
                rank[place] = number;
            }
        }
    }

    /// Decides of each process whether it is shown.
    fn judge(&mut self, rules: &Rules) {
        for node in self.nodes.iter_mut().filter(|node| node.is_kernel_thread) {
            node.verdict = Verdict::KernelThread;
        }
        for (number, rule) in rules.iter().enumerate() {
            let below = self.below(rule, Node::cmdline);
            let is_about = |place: usize| {
                self.is_about(
                    &rule.about,
                    place,
                    self.nodes[place].cmdline(),
                    below.as_deref(),
                )
            };
            let verdicts: Vec<(usize, Verdict)> = match &rule.action {
                Action::Adjust(_) => continue,
                Action::Show => self
                    .undecided()
                    .filter(|place| is_about(*place))
                    .map(|place| (place, Verdict::Shown(number)))
                    .collect(),
                Action::Once => self.once(is_about, number),
                Action::Ignore(scope) => {
                    let own: Vec<bool> = (0..self.nodes.len()).map(is_about).collect();
                    let above = self.spread(|place| own[place]);
                    let goes = |place: &usize| match scope {
                        Scope::Process => own[*place],
                        Scope::Tree => own[*place] || above[*place],
                        Scope::Below => above[*place],
                    };
                    self.undecided()
                        .filter(goes)
                        .map(|place| (place, Verdict::Hidden(number)))
                        .collect()
                }
            };
            for (place, verdict) in verdicts {
                self.nodes[place].verdict = verdict;
            }
            if matches!(rule.action, Action::Show | Action::Once) {
                self.leave_open(rule);
            }
        }
        let nodes = self.nodes.iter_mut();
        for node in nodes.filter(|node| node.unknown.is_some()) {
            if node.verdict == Verdict::Untouched {
                node.verdict = Verdict::Unknown;
            }
        }
    }

    /// Keeps the rules after `rule`, which shows processes, from hiding one that it may be about:
    /// one that is unknown, or below one that is.
    fn leave_open(&mut self, rule: &Rule) {
        if self.nodes.iter().all(|node| node.unknown.is_none()) {
            return;
        }
        let spread = |pattern: &Pattern| self.spread(self.may_match(pattern));
        let below = rule.about.ancestor.as_ref().map(spread);
        let about = About {
            process: Pattern::default(),
            ancestor: None,
            ..rule.about
        };
        let may_match = self.may_match(&rule.about.process);
        let is_open = |place: &usize| {
            may_match(*place) && self.is_about(&about, *place, None, below.as_deref())
        };
        let open: Vec<usize> = self.undecided().filter(is_open).collect();
        drop(may_match);
        for place in open {
            self.nodes[place].verdict = Verdict::Unknown;
        }
    }

    /// Which processes a pattern matches as far as is known.
    fn may_match(&self, pattern: &Pattern) -> impl Fn(usize) -> bool {
        let of_unknown = pattern.without_cmdline();
        move |place| {
            let node = &self.nodes[place];
            let pattern = match node.unknown {
                Some(_) => &of_unknown,
                None => pattern,
            };
            place != ROOT && pattern.matches(node.cmdline(), node.user.as_bytes())
        }
    }

    fn undecided(&self) -> impl Iterator<Item = usize> {
        let is_open = |place: &usize| self.nodes[*place].verdict == Verdict::Untouched;
        (1..self.nodes.len()).filter(is_open)
    }

    /// The first of equal siblings is shown. They stand side by side, being sorted.
    fn once(&self, is_about: impl Fn(usize) -> bool, number: usize) -> Vec<(usize, Verdict)> {
        let mut verdicts = Vec::new();
        for siblings in &self.children {
            let mut shown: Option<&Node> = None;
            for &place in siblings {
                let node = &self.nodes[place];
                let is_open = node.verdict == Verdict::Untouched && node.unknown.is_none();
                if !is_open || !is_about(place) {
                    continue;
                }
                let is_another = shown
                    .is_some_and(|first| first.cmdline == node.cmdline && first.user == node.user);
                if is_another {
                    verdicts.push((place, Verdict::Hidden(number)));
                } else {
                    shown = Some(node);
                    verdicts.push((place, Verdict::Shown(number)));
                }
            }
        }
        verdicts
    }

    /// The process from which a rule that hides `place` got to it: itself, or one above.
    pub(super) fn cause(&self, rule: &Rule, place: usize) -> usize {
        let below = self.below(rule, Node::cmdline);
        let mut at = place;
        // A rule about what is below a process may match that process too.
        if matches!(rule.action, Action::Ignore(Scope::Below)) {
            at = self.nodes[place].parent;
        }
        while at != ROOT
            && !self.is_about(&rule.about, at, self.nodes[at].cmdline(), below.as_deref())
        {
            at = self.nodes[at].parent;
        }
        at
    }

    /// The lines of the processes that are shown, in their order.
    pub(super) fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut stack = vec![ROOT];
        while let Some(place) = stack.pop() {
            let node = &self.nodes[place];
            if node.is_shown() {
                lines.push(node.line());
            }
            stack.extend(self.children[place].iter().rev());
        }
        lines
    }
}
