//! `Containers`: the containers that a view shows, with their processes and what they are called.

use std::{ops::Deref, vec};

use super::gathered::gather;
use crate::{
    error::Result,
    runtimes::Container,
    snapshot::{Ask, Needs, Outcome, Pace},
    view::View,
};

/// The containers that have processes in a view, in the order of their first processes; and how
/// reading them went.
#[derive(Debug, Clone)]
pub struct Containers {
    all: Vec<Container>,
    outcome: Outcome,
}

impl Containers {
    /// How reading the processes and the files of the runtimes went: files that could not be read are
    /// in [`Outcome::partial`].
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Those that have this name, or this ID, or whose ID begins so, see [`Container::has_id`]. Those of
    /// the name, if there are any.
    ///
    /// A name can be that of several containers: of several users, of several runtimes.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<&Container> {
        let of_name: Vec<_> = self.all.iter().filter(|one| one.has_name(text)).collect();
        if of_name.is_empty() {
            return self.all.iter().filter(|one| one.has_id(text)).collect();
        }
        of_name
    }
}

impl Deref for Containers {
    type Target = [Container];

    fn deref(&self) -> &[Container] {
        &self.all
    }
}

impl IntoIterator for Containers {
    type Item = Container;
    type IntoIter = vec::IntoIter<Container>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}

impl<'a> IntoIterator for &'a Containers {
    type Item = &'a Container;
    type IntoIter = std::slice::Iter<'a, Container>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

impl View {
    /// The containers whose processes this view shows, with what is known of them, see [`Named`]:
    /// of the host all, through a join those that are seen there.
    ///
    /// Nested containers are part of the outermost: see [`ContainerPath`].
    ///
    /// ```
    /// let containers = psgo::View::host()?.containers()?;
    /// for container in containers.find("web") {
    ///     println!("{} {}", container.id(), container.first());
    /// }
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// [`Named`]: crate::Named
    /// [`ContainerPath`]: crate::ContainerPath
    ///
    /// # Errors
    ///
    /// `/proc` cannot be listed, or no thread be started. A process or a file that cannot be read is in
    /// [`Containers::outcome`] instead.
    pub fn containers(&self) -> Result<Containers> {
        let ask = Ask {
            view: self,
            pids: None,
            needs: Needs::STAT | Needs::CGROUP | Needs::CONTAINER_NAME,
            pace: Pace {
                timeout: self.patience(),
                ..Pace::default()
            },
        };
        let gathered = gather(ask, None)?;
        let all = gathered.all.into_iter().map(|(container, _)| container);
        Ok(Containers {
            all: all.collect(),
            outcome: gathered.outcome,
        })
    }
}
