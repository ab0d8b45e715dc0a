//! Where the server listens and how it is reached.

use std::net::SocketAddr;

/// Options of verbs that serve.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ServerOptions {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, env = "PEAKEND_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Address at which respondents and staff reach the server; the listening address when absent.
    #[arg(long, env = "PEAKEND_PUBLIC_URL")]
    pub(crate) public_url: Option<String>,
}

impl ServerOptions {
    /// The public address once the real port is known.
    pub(crate) fn public_url(&self, bound: SocketAddr) -> String {
        self.public_url.as_deref().map_or_else(|| format!("http://{bound}"), |u| u.trim_end_matches('/').to_owned())
    }
}
