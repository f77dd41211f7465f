//! Apache with mod_auth_openidc, in a folder of its own: one page for everybody, one for people who have signed in.

use std::fs;
use std::path::{Path, PathBuf};

use crate::background::Background;
use crate::demo;
use crate::prepare::apache::Apache as Found;
use crate::serve::{self, Serve};
use crate::stage::Setting;

/// A server that listens.
pub(crate) struct Apache {
    running: Background,
    folder: PathBuf,
}

impl Apache {
    /// Starts one at a port, as a client of the issuer.
    pub(crate) fn start(setting: &Setting, stage: &str, port: u16, issuer: &Serve) -> Result<Self, String> {
        let found = Found::find()?;
        let folder = setting.workspace.target.join("xtask").join(format!("{stage}-apache"));
        demo::remove(&folder)?;
        let told = |error: std::io::Error| format!("{}: {error}", folder.display());
        fs::create_dir_all(folder.join("site/members")).map_err(told)?;
        for (path, text) in [("bye.html", "signed out\n"), ("members/index.html", "members only\n")] {
            fs::write(folder.join("site").join(path), text).map_err(told)?;
        }
        serve::client_keys(setting, &folder, "client", &setting.log(stage))?;
        let configuration = folder.join("apache.conf");
        fs::write(&configuration, text(&found, &folder, port, issuer)).map_err(told)?;
        let mut command = setting.command(&found.program);
        command.arg("-DFOREGROUND").arg("-f").arg(&configuration);
        let pid = folder.join("apache.pid");
        let log = setting.log(&format!("{stage}-apache"));
        let running = Background::start_until("Apache", &mut command, &log, || pid.exists())?;
        Ok(Self { running, folder })
    }

    /// Stops it, and clears its folder away.
    pub(crate) fn stop(self) -> Result<(), String> {
        let status = self.running.stop("TERM")?;
        if !status.success() {
            return Err(format!("Apache ended with {status}"));
        }
        demo::remove(&self.folder)
    }
}

/// Everything it needs to know, and nothing of the machine's own configuration.
fn text(found: &Found, folder: &Path, port: u16, issuer: &Serve) -> String {
    let app = format!("https://localhost:{port}");
    let modules: String = found
        .modules
        .iter()
        .map(|(name, path)| format!("LoadModule {name} \"{}\"\n", path.display()))
        .collect();
    // Without root, Apache is whoever starts it, and passes over these two.
    format!(
        r#"ServerRoot "{folder}"
ServerName localhost
PidFile "{folder}/apache.pid"
DefaultRuntimeDir "{folder}"
ErrorLog /dev/stderr
LogLevel warn auth_openidc:info
{modules}
User www-data
Group www-data
Listen 127.0.0.1:{port}
DocumentRoot "{folder}/site"
DirectoryIndex index.html
SSLRandomSeed startup builtin
SSLEngine on
SSLCertificateFile "{certificate}"
SSLCertificateKeyFile "{key}"

OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCCABundlePath "{ca}"
OIDCClientID apache
OIDCPrivateKeyFiles "the-key#{folder}/client.key"
OIDCPublicKeyFiles "the-key#{folder}/client.pem"
OIDCProviderTokenEndpointAuth private_key_jwt
OIDCRedirectURI {app}/members/callback
OIDCRedirectURLsAllowed ^{app}/
OIDCCryptoPassphrase 0123456789abcdef0123456789abcdef
OIDCPKCEMethod S256
OIDCScope "openid profile email offline_access"
OIDCAuthRequestParams prompt=consent
OIDCRemoteUserClaim sub
OIDCInfoHook iat access_token refresh_token id_token userinfo

<Location "/members/">
  AuthType openid-connect
  Require valid-user
</Location>
<Location "/bye.html">
  Require all granted
</Location>
"#,
        folder = folder.display(),
        certificate = issuer.file("certificate.pem").display(),
        key = issuer.file("key.pem").display(),
        ca = issuer.file("ca.pem").display(),
        issuer = issuer.issuer(),
    )
}
