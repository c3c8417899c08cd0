//! Made-up trees of the files of runtimes: what they say, and what they cost.

use std::{
    ffi::CString,
    fs,
    os::unix::fs::{MetadataExt as _, symlink},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use super::{
    config::Config, files::Root, listed::Found, named::Named, search::Search, supplied::Supplied,
    watchers::Kept,
};
use crate::{
    container::{ContainerPath, Runtime},
    format::pid::Cgroup,
    ids::{Pid, Uid},
    value::{Missing, Text},
};

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
const POD: &str = "a1b2c3d4-1111-2222-3333-0123456789ab";

/// A made-up host, below a directory of its own.
struct Tree(PathBuf);

impl Tree {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Relaxed);
        let name = format!("psgo-runtimes-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn file(&self, path: &str, text: &str) -> PathBuf {
        let path = self.0.join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn owner(&self) -> u32 {
        fs::metadata(&self.0).unwrap().uid()
    }

    /// A search that believes what the user of this test owns, as if it were root.
    fn search(&self, roots: &[&str]) -> Search {
        let config = Config {
            roots: roots.iter().map(PathBuf::from).collect(),
            supplied: None,
            within: None,
        };
        Search::in_tree(&config, Root::at(&self.0), self.owner(), Vec::new())
    }

    /// The same, with what daemons say.
    fn search_kept(&self, kept: Vec<Kept>) -> Search {
        Search::in_tree(&Config::default(), Root::at(&self.0), self.owner(), kept)
    }

    fn find(&self, group: &str) -> Found {
        found(&self.search(&[]), group).unwrap()
    }

    /// What is known, and which files could not be read.
    fn named(&self, group: &str) -> (Named, Vec<(String, Missing)>) {
        let search = self.search(&[]);
        let found = found(&search, group).unwrap();
        let named = found.named.as_deref().cloned().unwrap_or_default();
        (named, Self::failures(&search))
    }

    fn failures(search: &Search) -> Vec<(String, Missing)> {
        let mut failures = Vec::new();
        search.each_failure(|what, why| failures.push((what.to_owned(), why)));
        failures
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// The container of a process with that group.
fn found(search: &Search, group: &str) -> Option<Found> {
    let groups = Cgroup::parse(format!("0::{group}\n").as_bytes()).unwrap();
    let found = search.find(Pid::new(1), Some(&groups), None, true, &mut |work| work())?;
    Some(Found {
        path: found.path.clone(),
        has_group: found.has_group,
        groups: None,
        named: found.named.clone(),
        why: found.why,
    })
}

fn text(text: Option<&Text>) -> &str {
    text.and_then(Text::as_str).unwrap_or("?")
}

/// Namespace, name and UID of the pod.
fn pod(named: &Named) -> [&str; 3] {
    let pod = named.pod.as_ref();
    [
        text(pod.and_then(|pod| pod.namespace.as_ref())),
        text(pod.and_then(|pod| pod.name.as_ref())),
        text(pod.and_then(|pod| pod.uid.as_ref())),
    ]
}

fn docker(name: &str) -> String {
    format!(
        r#"{{"StreamConfig": {{}}, "State": {{"Running": true, "Pid": 4711, "StartedAt": "2026-01-02T03:04:05.5Z"}},
        "ID": "{ID}", "Created": "2026-01-02T03:04:00Z", "Name": {name},
        "Config": {{"Image": "nginx:1", "Env": ["NAME=/no"], "Labels": {{"com.docker.compose.service": "web", "a": "b"}}}}}}"#
    )
}

#[test]
fn docker_says_name_image_labels_start_and_pid() {
    let tree = Tree::new();
    let file = format!("/var/lib/docker/containers/{ID}/config.v2.json");
    tree.file(&file, &docker(r#""/web-1""#));
    for group in [format!("/docker/{ID}"), format!("/my/parent/{ID}")] {
        let (named, failures) = tree.named(&group);
        assert_eq!(text(named.name.as_ref()), "web-1");
        assert_eq!(text(named.image.as_ref()), "nginx:1");
        assert_eq!(text(named.label("com.docker.compose.service")), "web");
        assert_eq!(named.labels.len(), 2);
        assert_eq!(named.runtime, Some(Runtime::Docker));
        assert_eq!(named.init.unwrap().pid, Pid::new(4711));
        assert!(named.started > named.created && named.created.is_some());
        assert_eq!(failures, []);
    }
}

#[test]
fn a_data_root_that_is_a_link_or_elsewhere_is_found() {
    let tree = Tree::new();
    let file = format!("/data/docker/containers/{ID}/config.v2.json");
    tree.file(&file, &docker(r#""/web""#));
    // As absolute as administrators make them.
    fs::create_dir_all(tree.0.join("var/lib")).unwrap();
    symlink("/data/docker", tree.0.join("var/lib/docker")).unwrap();
    assert_eq!(
        text(tree.named(&format!("/docker/{ID}")).0.name.as_ref()),
        "web"
    );
    fs::remove_file(tree.0.join("var/lib/docker")).unwrap();
    assert!(
        tree.find(&format!("/docker/{ID}"))
            .named
            .is_some_and(|named| named.name.is_none())
    );
    let search = tree.search(&["/data/docker"]);
    let named = found(&search, &format!("/docker/{ID}"))
        .unwrap()
        .named
        .unwrap();
    assert_eq!(text(named.name.as_ref()), "web");
}

#[test]
fn a_data_root_is_where_dockers_configuration_says() {
    let tree = Tree::new();
    let file = format!("/data/docker/containers/{ID}/config.v2.json");
    tree.file(&file, &docker(r#""/web""#));
    let task = "/x/containerd/daemon/io.containerd.runtime.v2.task/moby";
    tree.file(&format!("{task}/{ID}/config.json"), "{}");
    tree.file(&format!("{task}/{ID}/init.pid"), "4712");
    let config = || vec![Kept::DockerConfig(b"/etc/docker/daemon.json".to_vec())];
    let named = || {
        let search = tree.search_kept(config());
        let named = found(&search, &format!("/docker/{ID}")).unwrap().named;
        let named = named.as_deref().cloned().unwrap_or_default();
        (named, Tree::failures(&search))
    };
    // It need not be there.
    let (none, failures) = named();
    assert_eq!((none.name, failures), (None, vec![]));
    for (key, name) in [("data-root", "web"), ("graph", "web"), ("registry", "?")] {
        let config = format!(r#"{{"debug": true, "{key}": "/data/docker", "exec-root": "/x"}}"#);
        tree.file("/etc/docker/daemon.json", &config);
        let (named, failures) = named();
        assert_eq!(text(named.name.as_ref()), name, "{key}");
        let pid = if name == "web" { 4711 } else { 4712 };
        assert_eq!(named.init.unwrap().pid, Pid::new(pid), "{key}");
        assert_eq!(failures, []);
    }
    tree.file("/etc/docker/daemon.json", r#"{"data-root": "#);
    let file = "/etc/docker/daemon.json".to_owned();
    assert_eq!(named().1, [(file, Missing::Malformed)]);
}

#[test]
fn podman_says_name_image_and_pod() {
    let tree = Tree::new();
    let root = "/var/lib/containers/storage/overlay-containers";
    tree.file(
        &format!("{root}/containers.json"),
        &format!(
            r#"[{{"id": "{OTHER}", "names": ["0123456789ab-infra"], "metadata": "{{\"image-name\":\"pause\"}}"}},
            {{"id": "{ID}", "names": ["web"], "created": "2026-01-02T03:04:05Z",
            "metadata": "{{\"image-name\":\"docker.io/library/nginx:1\",\"name\":\"web\"}}"}}]"#
        ),
    );
    let podman = r#""io.container.manager": "libpod", "io.kubernetes.cri-o.TTY": "false""#;
    let bundle =
        |id: &str, text: String| tree.file(&format!("{root}/{id}/userdata/config.json"), &text);
    bundle(
        ID,
        format!(
            r#"{{"hostname": "x", "annotations": {{{podman}, "io.kubernetes.cri-o.SandboxID": "{OTHER}"}}}}"#
        ),
    );
    bundle(
        OTHER,
        format!(r#"{{"hostname": "shop", "annotations": {{{podman}}}}}"#),
    );
    let (named, failures) = tree.named(&format!("/machine.slice/libpod-{ID}.scope/container"));
    assert_eq!(text(named.name.as_ref()), "web");
    assert_eq!(text(named.image.as_ref()), "docker.io/library/nginx:1");
    assert_eq!(pod(&named), ["?", "shop", "?"]);
    assert!(!named.is_sandbox);
    assert_eq!(failures, []);
    let (named, _) = tree.named(&format!("/libpod_parent/{ID}/libpod-{OTHER}"));
    assert_eq!(text(named.name.as_ref()), "0123456789ab-infra");
    assert_eq!(pod(&named), ["?", "shop", "?"]);
    assert!(named.is_sandbox);
}

#[test]
fn crio_says_what_kubernetes_calls_it() {
    let tree = Tree::new();
    let root = "/var/lib/containers/storage/overlay-containers";
    tree.file(
        &format!("{root}/containers.json"),
        &format!(r#"[{{"id": "{ID}", "names": ["k8s_web_shop-1_prod_{POD}_0"]}}]"#),
    );
    tree.file(
        &format!("{root}/{ID}/userdata/config.json"),
        &format!(
            r#"{{"annotations": {{"io.kubernetes.container.name": "web", "io.kubernetes.pod.name": "shop-1",
            "io.kubernetes.pod.namespace": "prod", "io.kubernetes.pod.uid": "{POD}",
            "io.kubernetes.cri-o.ImageName": "nginx:1", "io.kubernetes.cri-o.ContainerType": "container",
            "io.kubernetes.cri-o.Namespace": "prod", "io.kubernetes.cri-o.SandboxID": "{OTHER}"}}}}"#
        ),
    );
    let (named, failures) = tree.named(&format!("/kubepods.slice/crio-{ID}.scope"));
    assert_eq!(text(named.name.as_ref()), "web");
    assert_eq!(text(named.image.as_ref()), "nginx:1");
    assert_eq!(pod(&named), ["prod", "shop-1", POD]);
    assert_eq!(named.runtime, Some(Runtime::CriO));
    assert_eq!(failures, []);
}

#[test]
fn containerd_says_what_kubernetes_or_nerdctl_or_ctr_call_it() {
    let tree = Tree::new();
    let tasks = "/run/containerd/io.containerd.runtime.v2.task";
    let file = format!("{tasks}/k8s.io/{ID}/config.json");
    tree.file(
        &file,
        &format!(
            r#"{{"annotations": {{"io.kubernetes.cri.container-name": "web", "io.kubernetes.cri.container-type": "container",
            "io.kubernetes.cri.sandbox-name": "shop-1", "io.kubernetes.cri.sandbox-namespace": "prod",
            "io.kubernetes.cri.sandbox-uid": "{POD}", "io.kubernetes.cri.image-name": "nginx:1"}}}}"#
        ),
    );
    tree.file(&format!("{tasks}/k8s.io/{ID}/init.pid"), "4711");
    tree.file(
        &format!("{tasks}/default/{OTHER}/config.json"),
        r#"{"annotations": {"nerdctl/name": "blog"}}"#,
    );
    tree.file(
        &format!("{tasks}/default/mine/config.json"),
        r#"{"linux": {"cgroupsPath": "/default/mine"}}"#,
    );
    let kind = format!(
        "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{}.slice/cri-containerd-{ID}.scope",
        POD.replace('-', "_")
    );
    for group in [format!("/kubepods/pod{POD}/{ID}"), kind] {
        let (named, failures) = tree.named(&group);
        assert_eq!(text(named.name.as_ref()), "web", "{group}");
        assert_eq!(pod(&named), ["prod", "shop-1", POD], "{group}");
        assert_eq!(named.runtime, Some(Runtime::Containerd));
        assert_eq!(named.init.unwrap().pid, Pid::new(4711));
        assert_eq!(failures, []);
    }
    let (named, _) = tree.named(&format!("/system.slice/nerdctl-{OTHER}.scope"));
    assert_eq!(text(named.name.as_ref()), "blog");
    // The form of the group shows nothing; the file does.
    for group in ["/default/mine", "/default/mine/below"] {
        let found = tree.find(group);
        assert_eq!(found.path.id.as_bytes(), b"mine");
        assert_eq!(text(found.named.unwrap().name.as_ref()), "mine");
    }
    assert!(found(&tree.search(&[]), "/default/others").is_none());
}

#[test]
fn runc_crun_and_youki_say_whose_group_it_is() {
    let tree = Tree::new();
    tree.file(
        "/run/runc/box/state.json",
        r#"{"id": "box", "init_process_pid": 4711, "init_process_start": 815, "created": "2026-01-02T03:04:05Z",
        "cgroup_paths": {"memory": "/sys/fs/cgroup/memory/box", "": "/sys/fs/cgroup/unified/box"},
        "config": {"labels": ["bundle=/nowhere"]}}"#,
    );
    tree.file(
        "/run/crun/jar/status",
        r#"{"pid": 4712, "process-start-time": 816, "cgroup-path": "/my.slice/jar", "bundle": "/b"}"#,
    );
    tree.file(
        "/b/config.json",
        r#"{"annotations": {"io.kubernetes.pod.name": "shop"}}"#,
    );
    tree.file(
        &format!("/run/youki/{ID}/state.json"),
        r#"{"ociVersion": "v1.0.2", "id": "x", "pid": 4713, "created": "2026-01-02T03:04:05Z"}"#,
    );
    for (group, runtime, pid, start, name) in [
        ("/box", Runtime::Runc, 4711, Some(815), "box"),
        ("/box/init", Runtime::Runc, 4711, Some(815), "box"),
        ("/my.slice/jar", Runtime::Crun, 4712, Some(816), "jar"),
        (&format!("/:youki:{ID}"), Runtime::Youki, 4713, None, "?"),
    ] {
        let (named, failures) = tree.named(group);
        let init = named.init.unwrap();
        assert_eq!(named.runtime, Some(runtime), "{group}");
        assert_eq!((init.pid, init.start), (Pid::new(pid), start), "{group}");
        assert_eq!(text(named.name.as_ref()), name, "{group}");
        assert_eq!(failures, []);
    }
    assert_eq!(pod(&tree.named("/my.slice/jar").0), ["?", "shop", "?"]);
    for group in ["/boxes", "/x/box", "/memory/box", "/jar"] {
        assert!(found(&tree.search(&[]), group).is_none(), "{group}");
    }
}

#[test]
fn the_kubelets_links_tell_by_their_names_alone() {
    let tree = Tree::new();
    let links = tree.0.join("var/log/containers");
    fs::create_dir_all(&links).unwrap();
    for name in [
        format!("shop-1_prod_web-server-{ID}.log"),
        "x_y.log".to_owned(),
        format!("a_b_c_d-{OTHER}.log"),
    ] {
        symlink("/nowhere", links.join(name)).unwrap();
    }
    fs::create_dir_all(tree.0.join(format!("var/log/pods/prod_shop-1_{POD}"))).unwrap();
    let (named, failures) = tree.named(&format!("/kubepods/pod{POD}/{ID}"));
    assert_eq!(text(named.name.as_ref()), "web-server");
    assert_eq!(pod(&named), ["prod", "shop-1", POD]);
    assert_eq!(failures, []);
    // Of another container of the pod no link is left.
    let (named, _) = tree.named(&format!("/kubepods/pod{POD}/{OTHER}"));
    assert_eq!(named.name, None);
    assert_eq!(pod(&named), ["prod", "shop-1", POD]);
}

#[test]
fn machines_and_incus_have_names_for_ids() {
    let tree = Tree::new();
    tree.file(
        "/run/systemd/machines/my-box",
        "# This is private data\nNAME=my-box\nCLASS=container\nLEADER=4711\nTIMESTAMP=1700000000000000\n",
    );
    fs::create_dir_all(tree.0.join("run/incus/web")).unwrap();
    let (named, _) = tree.named("/machine.slice/machine-my\\x2dbox.scope");
    assert_eq!(named.init.unwrap().pid, Pid::new(4711));
    assert!(named.started.is_some());
    assert_eq!(
        tree.named("/lxc.payload.web").0.runtime,
        Some(Runtime::Incus)
    );
    assert_eq!(tree.named("/lxc.payload.db").0.runtime, Some(Runtime::Lxc));
    // A name that leads elsewhere opens nothing.
    tree.file("/run/systemd/secret", "NAME=x\nLEADER=1\n");
    let (named, _) = tree.named("/machine.slice/machine-..\\x2fsecret.scope");
    assert_eq!(named.init, None);
}

#[test]
fn names_are_kept_as_they_are() {
    let tree = Tree::new();
    let file = format!("/var/lib/docker/containers/{ID}/config.v2.json");
    tree.file(&file, &docker(r#""/a\nb\u001b[2J\u202e""#));
    let (named, _) = tree.named(&format!("/docker/{ID}"));
    let name = named.name.unwrap();
    assert_eq!(name.as_bytes(), "a\nb\u{1b}[2J\u{202e}".as_bytes());
    assert_eq!(name.to_string(), "a\\nb\\x1b[2J\\u{202e}");
}

fn fifo(path: &Path) {
    let path = CString::new(path.to_str().unwrap()).unwrap();
    nix::unistd::mkfifo(&*path, nix::sys::stat::Mode::S_IRWXU).unwrap();
}

/// What a file is instead, why it is not known then, and how it is made so.
type Broken<'a> = (&'a str, Missing, Box<dyn Fn() + 'a>);

#[test]
fn a_file_that_is_none_costs_itself_and_is_told() {
    let tree = Tree::new();
    let tasks = "/run/containerd/io.containerd.runtime.v2.task/default";
    let good = format!("{tasks}/{OTHER}/config.json");
    tree.file(&good, r#"{"annotations": {"nerdctl/name": "good"}}"#);
    let path = tree
        .0
        .join(format!("{tasks}/{ID}/config.json").trim_start_matches('/'));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let secret = tree.file("/secret", r#"{"annotations": {"nerdctl/name": "secret"}}"#);
    let deep = format!(
        r#"{{"annotations": {}1{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let deep_in_text = format!(r#"{{"annotations": {}"#, r#"{"a":"#.repeat(10_000));
    let made: [Broken<'_>; 7] = [
        ("FIFO", Missing::Unreadable, Box::new(|| fifo(&path))),
        (
            "link",
            Missing::Unreadable,
            Box::new(|| symlink(&secret, &path).unwrap()),
        ),
        (
            "relative link",
            Missing::Unreadable,
            Box::new(|| symlink(format!("../{OTHER}/config.json"), &path).unwrap()),
        ),
        (
            "directory",
            Missing::Unreadable,
            Box::new(|| fs::create_dir(&path).unwrap()),
        ),
        (
            "sparse",
            Missing::TooLong,
            Box::new(|| fs::File::create(&path).unwrap().set_len(1 << 30).unwrap()),
        ),
        (
            "half",
            Missing::Malformed,
            Box::new(|| fs::write(&path, &deep_in_text).unwrap()),
        ),
        (
            "no JSON",
            Missing::Malformed,
            Box::new(|| fs::write(&path, "\0\0").unwrap()),
        ),
    ];
    for (what, why, make) in made {
        make();
        let search = tree.search(&[]);
        let group = |id: &str| format!("/system.slice/nerdctl-{id}.scope");
        let other = found(&search, &group(OTHER)).unwrap();
        assert_eq!(text(other.named.unwrap().name.as_ref()), "good", "{what}");
        let own = found(&search, &group(ID)).unwrap();
        assert_eq!(
            own.named.and_then(|named| named.name.clone()),
            None,
            "{what}"
        );
        assert_eq!(own.why, why, "{what}");
        let file = format!("{tasks}/{ID}/config.json");
        assert_eq!(Tree::failures(&search), [(file, why)], "{what}");
        fs::remove_dir(&path)
            .or_else(|_| fs::remove_file(&path))
            .unwrap();
    }
    // However deep it is where nobody looks.
    fs::write(&path, deep).unwrap();
    let (named, failures) = tree.named(&format!("/system.slice/nerdctl-{ID}.scope"));
    assert_eq!((named.name, failures), (None, Vec::new()));
}

#[test]
fn a_broken_list_costs_its_own_containers() {
    let tree = Tree::new();
    let root = "/var/lib/containers/storage";
    tree.file(&format!("{root}/overlay-containers/containers.json"), "[{");
    tree.file(
        &format!("{root}/vfs-containers/containers.json"),
        &format!(r#"[{{"id": "{ID}", "names": ["web"]}}, 7, [], {{"names": 3, "id": {{}}}}]"#),
    );
    let (named, failures) = tree.named(&format!("/libpod_parent/libpod-{ID}"));
    assert_eq!(text(named.name.as_ref()), "web");
    let file = format!("{root}/overlay-containers/containers.json");
    assert_eq!(failures, [(file, Missing::Malformed)]);
}

#[test]
fn who_makes_a_group_cannot_pose_as_another_container() {
    let tree = Tree::new();
    let file = format!("/var/lib/docker/containers/{ID}/config.v2.json");
    tree.file(&file, &docker(r#""/web""#));
    let name = |group: &str| tree.named(group).0.name;
    assert_eq!(text(name(&format!("/docker/{ID}")).as_ref()), "web");
    // In a container of root's.
    let inner = format!("/docker/{OTHER}/docker/{ID}");
    assert_eq!(name(&inner), None);
    assert_eq!(tree.find(&inner).path.id.as_bytes(), OTHER.as_bytes());
    // By a user, below its own service manager: root's files are not asked.
    let of_user = format!("/user.slice/user-9.slice/user@9.service/docker-{ID}.scope");
    assert_eq!(name(&of_user), None);
    assert_eq!(tree.find(&of_user).path.user, Some(Uid::new(9)));
    // A process may be in both.
    let search = tree.search(&[]);
    let both = [format!("/docker/{ID}"), of_user];
    let names = both.map(|group| found(&search, &group).unwrap().named);
    assert_eq!(
        names.map(|named| named.and_then(|named| named.name.clone()).is_some()),
        [true, false]
    );
}

#[test]
fn a_users_containers_are_named_by_the_users_own_files() {
    let tree = Tree::new();
    let me = tree.owner();
    let other = me + 1;
    tree.file(
        "/etc/passwd",
        &format!("me:x:{me}:1::/home/me:\nyou:x:{other}:1::/home/you:\n"),
    );
    for home in ["me", "you"] {
        tree.file(
            &format!(
                "/home/{home}/.local/share/containers/storage/overlay-containers/containers.json"
            ),
            &format!(r#"[{{"id": "{ID}", "names": ["mine"]}}]"#),
        );
    }
    let group = |uid: u32| format!("/user.slice/user@{uid}.service/user.slice/libpod-{ID}.scope");
    assert_eq!(text(tree.named(&group(me)).0.name.as_ref()), "mine");
    // The file in the other's home is not the other's.
    assert_eq!(tree.named(&group(other)).0.name, None);
    // Nor is a user's file believed of root's container.
    if me != 0 {
        assert_eq!(
            tree.named(&format!("/machine.slice/libpod-{ID}.scope"))
                .0
                .name,
            None
        );
    }
}

#[test]
fn who_embeds_psgo_is_asked_first() {
    let tree = Tree::new();
    let file = format!("/var/lib/docker/containers/{ID}/config.v2.json");
    tree.file(&file, &docker(r#""/web""#));
    let names = |path: &ContainerPath| {
        (path.id.as_bytes() == ID.as_bytes()).then(|| Named {
            name: Some(Text::from("mine")),
            ..Named::default()
        })
    };
    let config = Config {
        roots: Vec::new(),
        supplied: Some(Supplied(std::sync::Arc::new(names))),
        within: None,
    };
    let search = Search::in_tree(&config, Root::at(&tree.0), tree.owner(), Vec::new());
    let named = found(&search, &format!("/docker/{ID}"))
        .unwrap()
        .named
        .unwrap();
    assert_eq!(text(named.name.as_ref()), "mine");
    assert!(named.image.is_none());
    assert!(
        found(&search, &format!("/docker/{OTHER}"))
            .unwrap()
            .named
            .is_some()
    );
}
