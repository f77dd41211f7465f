//! A PostgreSQL server that tests can start, and a user that may run it: it refuses to run as root.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{on_path, succeeds};

/// Where Debian keeps the programs, by version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Who runs it when we are root. Debian's package makes this user.
const USER: &str = "postgres";

/// Where its programs are, and who runs them.
pub(crate) struct Postgres {
    pub(crate) initdb: PathBuf,
    pub(crate) server: PathBuf,
    pub(crate) is_ready: PathBuf,
    /// The user and group to become; ourselves if absent.
    pub(crate) user: Option<(u32, u32)>,
}

impl Postgres {
    /// Looks for the programs, the newest version first, and for the user.
    pub(crate) fn find() -> Result<Self, String> {
        let program =
            |name: &str| versions().into_iter().map(|folder| folder.join(name)).find(|file| file.is_file());
        let find = |name: &str| {
            program(name).or_else(|| on_path(name)).ok_or("the PostgreSQL server is not on this machine")
        };
        let (initdb, server, is_ready) = (find("initdb")?, find("postgres")?, find("pg_isready")?);
        let user = if id(&["-u"]) == Some(0) { Some(unprivileged()?) } else { None };
        Ok(Self { initdb, server, is_ready, user })
    }
}

/// `…/15/bin` for each version that is there.
fn versions() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(Path::new(DEBIAN)).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, folder)| folder).collect()
}

fn unprivileged() -> Result<(u32, u32), String> {
    if !succeeds(Command::new("setpriv").arg("--version")) {
        return Err(
            "PostgreSQL does not run as root, and there is no setpriv to become another user".to_owned()
        );
    }
    let ids = id(&["-u", USER]).zip(id(&["-g", USER]));
    ids.ok_or_else(|| format!("PostgreSQL does not run as root, and there is no user `{USER}`"))
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    std::str::from_utf8(&output.stdout).ok()?.trim().parse().ok()
}
