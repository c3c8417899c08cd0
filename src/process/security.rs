//! What a process may do, and which namespaces it is in.

use super::{Process, Whose};
use crate::{
    caps::CapSet,
    error::{Error, ErrorKind, Result},
    format::{
        Record as _,
        pid::{Link, Mountinfo, OomScore, OomScoreAdj},
    },
    value::Text,
};

/// The capabilities of a process (`status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// What it may do now.
    pub effective: CapSet,
    /// What it can give itself.
    pub permitted: CapSet,
    /// What a program that it starts can get from its file.
    pub inheritable: CapSet,
    /// What it can get at all.
    pub bounding: CapSet,
    /// What a program that it starts keeps. Since 4.3.
    pub ambient: Option<CapSet>,
}

/// A namespace that a process is in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Namespace {
    /// Its name below `ns`: `net`, `pid_for_children`.
    pub name: String,
    /// Its inode; nothing where it may not be known, and for a process that has ended.
    pub id: Option<u64>,
}

impl Process {
    /// Its capabilities (`status`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn capabilities(&self) -> Result<Capabilities> {
        let status = self.status()?;
        let last = self.view.0.host.last_cap;
        let set = |mask: Option<u64>, line| {
            let mask = mask.ok_or_else(|| self.untold(line))?;
            Ok::<_, Error>(CapSet::new(mask, last))
        };
        Ok(Capabilities {
            effective: set(status.cap_eff, "CapEff")?,
            permitted: set(status.cap_prm, "CapPrm")?,
            inheritable: set(status.cap_inh, "CapInh")?,
            bounding: set(status.cap_bnd, "CapBnd")?,
            ambient: status.cap_amb.map(|mask| CapSet::new(mask, last)),
        })
    }

    /// Its security label (`attr/current`); nothing without one.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn label(&self) -> Result<Option<Text>> {
        const NAME: &str = "attr/current";
        match self.bytes(Whose::Living, NAME) {
            Ok(bytes) => Ok(crate::snapshot::label_in(&bytes).map(|label| Text::from(&*label))),
            // No module, or none that labels.
            Err(error) if error.kind() == ErrorKind::Absent => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The namespaces that it is in (`ns`), by name.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn namespaces(&self) -> Result<Vec<Namespace>> {
        self.once("namespaces", || {
            self.at_once(Whose::Living, "ns", |dir| {
                let names = dir.names("ns")?.into_iter();
                let namespaces = names.map(|name| {
                    let link = dir.link(&format!("ns/{name}")).ok();
                    let id =
                        link.and_then(|link| Some(Link::parse(&link).ok()?.kind_and_inode()?.1));
                    Namespace { name, id }
                });
                Ok(namespaces.collect())
            })
        })
    }

    /// What it sees mounted (`mountinfo`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn mounts(&self) -> Result<Mountinfo> {
        self.read()
    }

    /// How likely it is killed when memory is short, and what was added to that (`oom_score`,
    /// `oom_score_adj`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn oom(&self) -> Result<(u64, i32)> {
        let score: OomScore = self.read()?;
        let added: OomScoreAdj = self.read()?;
        Ok((score.oom_score, added.oom_score_adj))
    }
}
