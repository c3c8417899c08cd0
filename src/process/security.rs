//! What a process may do: capabilities, label, namespaces, mounts, its chance to be killed.

use super::{files::FileOf, handle::Process, namespace::ProcessNamespace};
use crate::{
    caps::CapSet,
    error::{Error, ErrorKind, Result},
    format::{
        Record as _,
        pid::{Link, Mountinfo, OomScore, OomScoreAdj},
    },
    value::Text,
    wait::process_file,
};

/// The capabilities of a process (`status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// By which permissions are checked: `CapEff`.
    pub effective: CapSet,
    /// That it can make effective: `CapPrm`.
    pub permitted: CapSet,
    /// That a program with file capabilities inherits: `CapInh`.
    pub inheritable: CapSet,
    /// That limit what it can gain: `CapBnd`.
    pub bounding: CapSet,
    /// That any program keeps: `CapAmb`. Since 4.3.
    pub ambient: Option<CapSet>,
}

/// How likely a process is killed when memory is short (`oom_score`, `oom_score_adj`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Oom {
    /// Its badness, from 0 to 2000: the process with the highest is killed first.
    pub score: u64,
    /// What its owner added to that, from -1000 (never) to 1000.
    pub adjustment: i32,
}

impl Process {
    /// Its capabilities (`status`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
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

    /// Its security label (`attr/current`), as its security module writes it; `None` without one.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn label(&self) -> Result<Option<Text>> {
        match self.bytes(&FileOf::process("attr/current")) {
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
    #[inline]
    pub fn namespaces(&self) -> Result<Vec<ProcessNamespace>> {
        self.once(
            |known| &mut known.namespaces,
            || {
                self.ask(&FileOf::process("ns"), |dir| {
                    let names = dir.names(process_file!("ns"))?.into_iter();
                    let namespaces = names.map(|name| {
                        // Not every entry leads somewhere: `pid_for_children` may not yet, and those
                        // of a process that has ended do not.
                        let link = dir.link(process_file!("ns/*").entry(&name).name()).ok();
                        let id = link
                            .and_then(|link| Some(Link::parse(&link).ok()?.kind_and_inode()?.1));
                        ProcessNamespace { name, id }
                    });
                    Ok(namespaces.collect())
                })
            },
        )
    }

    /// The mounts of its mount namespace (`mountinfo`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn mounts(&self) -> Result<Mountinfo> {
        self.read()
    }

    /// How likely it is killed when memory is short (`oom_score`, `oom_score_adj`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn oom(&self) -> Result<Oom> {
        let score: OomScore = self.read()?;
        let added: OomScoreAdj = self.read()?;
        Ok(Oom {
            score: score.oom_score,
            adjustment: added.oom_score_adj,
        })
    }
}
