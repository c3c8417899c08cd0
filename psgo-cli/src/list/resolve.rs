//! `-resolve`: names of hosts, looked up on separate threads.

use std::{
    collections::HashMap,
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::Duration,
};

use psgo::{Query, Value};

use crate::sync::lock;

/// How many names are looked up at once.
const ASKERS: usize = 8;

/// No more names are kept: a watch has no end.
const REMEMBERED: usize = 1 << 16;

/// Names of hosts, each looked up once.
pub(crate) struct Hosts {
    ask: Sender<IpAddr>,
    told: Receiver<(IpAddr, Option<String>)>,
    /// `None` for a host without a name, or whose name is not known yet.
    names: HashMap<IpAddr, Option<String>>,
    /// How many answers are outstanding.
    due: usize,
    /// How long to wait without an answer.
    timeout: Duration,
    /// Whether the last wait timed out. Then `learn` does not wait until an answer comes.
    is_silent: bool,
}

impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hosts").field(&self.names.len()).finish()
    }
}

impl Hosts {
    /// The names that this machine's name service knows.
    pub(crate) fn new(timeout: Duration) -> io::Result<Self> {
        Self::by(|host| dns_lookup::lookup_addr(&host).ok(), timeout)
    }

    fn by(
        name: impl Fn(IpAddr) -> Option<String> + Copy + Send + 'static,
        timeout: Duration,
    ) -> io::Result<Self> {
        let (ask, asked) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let asked = Arc::new(Mutex::new(asked));
        for _ in 0..ASKERS {
            let (asked, tell) = (Arc::clone(&asked), tell.clone());
            // It is not joined: a name service may take minutes to find out that there is no name.
            thread::Builder::new().spawn(move || {
                loop {
                    let next = lock(&asked).recv();
                    let Ok(host) = next else { break };
                    if tell.send((host, name(host))).is_err() {
                        break;
                    }
                }
            })?;
        }
        Ok(Self {
            ask,
            told,
            names: HashMap::new(),
            due: 0,
            timeout,
            is_silent: false,
        })
    }

    /// Looks up hosts that were not looked up before, and waits as long as answers keep coming.
    pub(crate) fn learn(&mut self, hosts: impl Iterator<Item = IpAddr>) {
        while let Ok(answer) = self.told.try_recv() {
            self.hear(answer);
        }
        for host in hosts.map(|host| host.to_canonical()) {
            if self.names.contains_key(&host) {
                continue;
            }
            if self.names.len() >= REMEMBERED {
                self.names.clear();
            }
            self.names.insert(host, None);
            if self.ask.send(host).is_ok() {
                self.due += 1;
            }
        }
        while self.due > 0 && !self.is_silent {
            match self.told.recv_timeout(self.timeout) {
                Ok(answer) => self.hear(answer),
                Err(_) => self.is_silent = true,
            }
        }
    }

    fn hear(&mut self, (host, name): (IpAddr, Option<String>)) {
        self.due = self.due.saturating_sub(1);
        self.is_silent = false;
        self.names.insert(host, name);
    }

    /// The name of a host, if it is known by now.
    pub(crate) fn name(&self, host: IpAddr) -> Option<&str> {
        self.names.get(&host.to_canonical())?.as_deref()
    }

    /// A row of a query with names of hosts instead of their addresses.
    pub(crate) fn named(&self, query: &Query, row: &[Value]) -> Vec<Value> {
        let cells = query.columns().iter().zip(row);
        let cells = cells.map(|(column, cell)| {
            let host = is_of_host(column.descriptor().name).then(|| host(cell));
            let (host, port) = host.flatten()?;
            let name = self.name(host)?;
            Some(Value::text(match port {
                Some(port) => format!("{name}:{port}"),
                None => name.to_owned(),
            }))
        });
        let cells = cells.zip(row);
        cells
            .map(|(named, cell)| named.unwrap_or_else(|| cell.clone()))
            .collect()
    }
}

/// The columns that show a remote host.
const OF_HOSTS: [&str; 2] = ["raddr", "remote"];

/// Whether a column shows a remote host.
pub(crate) fn is_of_host(name: &str) -> bool {
    OF_HOSTS.contains(&name)
}

/// The hosts in a row of a query.
pub(crate) fn hosts<'a>(query: &'a Query, row: &'a [Value]) -> impl Iterator<Item = IpAddr> {
    let cells = query.columns().iter().zip(row);
    let cells = cells.filter(|(column, _)| is_of_host(column.descriptor().name));
    cells.filter_map(|(_, cell)| Some(host(cell)?.0))
}

/// An address, and its port if there is one.
pub(crate) fn host(cell: &Value) -> Option<(IpAddr, Option<u16>)> {
    let Value::Text(text) = cell else {
        return None;
    };
    let text = text.as_str()?;
    let end = text
        .parse()
        .map(|end: SocketAddr| (end.ip(), Some(end.port())));
    end.or_else(|_| text.parse().map(|host| (host, None))).ok()
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicUsize, sync::atomic::Ordering::SeqCst, time::Instant};

    use super::*;
    use psgo::descriptor::Subject;

    const NEAR: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const DEAF: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn deaf_to_one(host: IpAddr) -> Option<String> {
        if host == DEAF {
            thread::sleep(Duration::from_secs(600));
        }
        (host == NEAR).then(|| "near.example".to_owned())
    }

    #[test]
    fn a_name_service_that_is_silent_holds_up_one_look_and_no_other() {
        let timeout = Duration::from_millis(300);
        let mut hosts = Hosts::by(deaf_to_one, timeout).unwrap();
        let begun = Instant::now();
        hosts.learn([NEAR, DEAF].into_iter());
        assert!(begun.elapsed() >= timeout);
        assert_eq!(
            (hosts.name(NEAR), hosts.name(DEAF)),
            (Some("near.example"), None)
        );
        assert!(hosts.is_silent);
        // Whoever asks again is not held up, and not before something was heard.
        let begun = Instant::now();
        (0..1000).for_each(|_| hosts.learn([NEAR, DEAF].into_iter()));
        assert!(begun.elapsed() < timeout, "{:?}", begun.elapsed());
    }

    #[test]
    fn each_host_is_asked_for_once() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let name = |_| {
            ASKED.fetch_add(1, SeqCst);
            None
        };
        let mut hosts = Hosts::by(name, Duration::from_secs(60)).unwrap();
        let mapped: IpAddr = "::ffff:127.0.0.1".parse().unwrap();
        hosts.learn([NEAR, mapped, NEAR].into_iter());
        hosts.learn([mapped].into_iter());
        assert_eq!(ASKED.load(SeqCst), 1);
    }

    #[test]
    fn the_name_takes_the_place_of_the_address_alone() {
        let mut hosts = Hosts::by(deaf_to_one, Duration::from_secs(60)).unwrap();
        let query = Query::of(Subject::Sockets, ["local", "remote", "raddr", "rport"]).unwrap();
        let row = ["127.0.0.1:22", "127.0.0.1:4711", "127.0.0.1"].map(Value::text);
        let row = [&row[..], &[Value::Int(4711)]].concat();
        hosts.learn(super::hosts(&query, &row));
        let named: Vec<_> = hosts
            .named(&query, &row)
            .iter()
            .map(Value::to_string)
            .collect();
        assert_eq!(
            named,
            ["127.0.0.1:22", "near.example:4711", "near.example", "4711"]
        );
        let row = ["[::1]:22", "[2001:db8::1]:80", "?"].map(Value::text);
        let unnamed = hosts.named(&query, &row);
        assert_eq!(unnamed, row);
    }
}
