//! The kubelet's links to logs, whose names alone tell: no file is opened.

use std::collections::HashMap;

use super::named::{Named, Pod};
use crate::value::Text;

/// What the names in `/var/log/containers` tell of containers, by ID, and those in `/var/log/pods` of
/// pods, by UID.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) containers: HashMap<Vec<u8>, Named>,
    pub(super) pods: HashMap<Vec<u8>, Pod>,
}

impl Links {
    /// Adds a name in `/var/log/containers`: `POD_NAMESPACE_CONTAINER-ID.log`. Of these only the last has
    /// no fixed form, and none has an underscore.
    pub(super) fn add_container(&mut self, name: &[u8]) {
        let Some(name) = name.strip_suffix(b".log") else {
            return;
        };
        let mut parts = name.split(|&b| b == b'_');
        let (Some(pod), Some(namespace), Some(rest), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        let Some((container, id)) = crate::bytes::rsplit_once(rest, b'-') else {
            return;
        };
        if id.len() != 64 || !id.iter().all(u8::is_ascii_hexdigit) {
            return;
        }
        let named = Named {
            name: Some(Text::from(container)),
            pod: Some(Pod {
                namespace: Some(Text::from(namespace)),
                name: Some(Text::from(pod)),
                uid: None,
            }),
            ..Named::default()
        };
        self.containers.insert(id.to_vec(), named);
    }

    /// Adds a name in `/var/log/pods`: `NAMESPACE_POD_UID`.
    pub(super) fn add_pod(&mut self, name: &[u8]) {
        let mut parts = name.split(|&b| b == b'_');
        let (Some(namespace), Some(pod), Some(uid), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        let pod = Pod {
            namespace: Some(Text::from(namespace)),
            name: Some(Text::from(pod)),
            uid: Some(Text::from(uid)),
        };
        self.pods.insert(uid.to_vec(), pod);
    }
}
