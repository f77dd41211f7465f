//! Apache and its module mod_auth_openidc.

use std::path::{Path, PathBuf};

use super::on_path;

const PROGRAMS: [&str; 2] = ["apache2", "httpd"];
/// Where Debian's program is, though root's path may not have it.
const DEBIAN: &str = "/usr/sbin/apache2";
/// Where distributions put modules.
const FOLDERS: [&str; 3] =
    ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/local/apache2/modules"];
/// What a configuration of ours loads, in this order.
const MODULES: [&str; 8] =
    ["mpm_event", "unixd", "authn_core", "authz_core", "authz_user", "dir", "ssl", "auth_openidc"];
/// Modules that some builds have inside the program.
const MAY_BE_BUILT_IN: [&str; 1] = ["unixd"];

/// Where the program and its modules are.
pub(crate) struct Apache {
    pub(crate) program: PathBuf,
    /// Each by the name that `LoadModule` wants.
    pub(crate) modules: Vec<(String, PathBuf)>,
}

impl Apache {
    /// Looks for both.
    pub(crate) fn find() -> Result<Self, String> {
        let debian = Some(PathBuf::from(DEBIAN)).filter(|path| path.is_file());
        let program = PROGRAMS.iter().find_map(|name| on_path(name)).or(debian);
        let program = program.ok_or("Apache is not on this machine")?;
        let mut modules = Vec::new();
        for name in MODULES {
            let file = format!("mod_{name}.so");
            let found =
                FOLDERS.iter().map(|folder| Path::new(folder).join(&file)).find(|path| path.is_file());
            match found {
                Some(path) => modules.push((format!("{name}_module"), path)),
                None if MAY_BE_BUILT_IN.contains(&name) => {}
                None => return Err(format!("Apache's {file} is not on this machine")),
            }
        }
        Ok(Self { program, modules })
    }
}
