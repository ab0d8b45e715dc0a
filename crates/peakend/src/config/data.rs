//! Where everything is kept.

use std::path::PathBuf;

/// Options every verb that opens the data shares.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DataOptions {
    /// Folder of the embedded database and the warehouse.
    #[arg(long, env = "PEAKEND_DATA", default_value = "peakend-data")]
    pub(crate) data: PathBuf,
    /// Operational store: `sqlite:PATH` or `postgres://…`; a SQLite file in the data folder when absent.
    #[arg(long, env = "PEAKEND_DATABASE")]
    pub(crate) database: Option<String>,
    /// Memory that questions may use before they spill to disk, in MiB.
    #[arg(long, env = "PEAKEND_QUERY_MEMORY_MIB", default_value_t = 512)]
    pub(crate) query_memory_mib: usize,
}

impl DataOptions {
    /// The store's address.
    pub(crate) fn address(&self) -> String {
        self.database.clone().unwrap_or_else(|| format!("sqlite:{}", self.data.join("peakend.sqlite").display()))
    }

    /// Whether PostgreSQL keeps the operational store.
    pub(crate) fn is_postgres(&self) -> bool {
        self.database.as_deref().is_some_and(|d| !d.starts_with("sqlite:"))
    }

    /// The embedded database's file; none with PostgreSQL.
    pub(crate) fn embedded(&self) -> Option<PathBuf> {
        if self.is_postgres() {
            return None;
        }
        let address = self.address();
        let path = address.strip_prefix("sqlite:").unwrap_or(&address);
        Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
    }

    /// The command that copies a PostgreSQL database beside a backup; a password stays out of it.
    pub(crate) fn dump_command(&self, to: &std::path::Path) -> String {
        let address = without_password(self.database.as_deref().unwrap_or_default());
        format!("pg_dump --format=custom --file='{}' '{address}'", to.join("peakend.dump").display())
    }

    /// The warehouse's folder.
    pub(crate) fn warehouse(&self) -> PathBuf {
        self.data.join("warehouse")
    }
}

/// An address without its password, which `PGPASSWORD` or `~/.pgpass` brings.
fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let Some((who, place)) = rest.rsplit_once('@') else { return address.to_owned() };
    let user = who.split_once(':').map_or(who, |(user, _)| user);
    format!("{scheme}://{user}@{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dump_command_names_the_database_and_hides_the_password() {
        let data = DataOptions {
            data: PathBuf::from("d"),
            database: Some("postgres://peakend:s3cret@db.example/peakend".to_owned()),
            query_memory_mib: 1,
        };
        let command = data.dump_command(std::path::Path::new("b"));
        assert_eq!(command, "pg_dump --format=custom --file='b/peakend.dump' 'postgres://peakend@db.example/peakend'");
        assert_eq!((data.is_postgres(), data.embedded()), (true, None));
    }
}
