//! `peakend restore --from DIR`: checked, laid out aside, cleaned of who was
//! erased since, and only then put in place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use peakend_app::admin::backup::{self, BackupNote};
use peakend_app::sense::erasure::{self, ErasureList};
use peakend_store::Store;

use super::say;
use crate::config::DataOptions;
use crate::wiring::{self, SystemClock};

/// Which backup, and where it goes.
#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    /// Folder of the backup.
    #[arg(long)]
    from: PathBuf,
    /// Put it in the place of a data folder that is not empty; that folder is kept under another name.
    #[arg(long)]
    replace: bool,
    /// List of erased persons written by `peakend erasures export`.
    #[arg(long)]
    erasures: Option<PathBuf>,
    /// Nobody was erased after the backup was taken.
    #[arg(long)]
    no_newer_erasures: bool,
    #[command(flatten)]
    data: DataOptions,
}

impl Restore {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let note = backup::check(&self.from)?;
        eprintln!("{} files checked, taken {}", note.files.len(), note.begun_at);
        self.check_database(&note)?;
        let lists = self.lists().await?;
        let aside = backup::lay_out(&self.from, &note, &self.data.data, self.replace)?;
        let erased = self
            .clean(&aside, &note, &lists)
            .await
            .with_context(|| format!("the restored folder was not put in place; it stays at {}", aside.display()))?;
        let former = backup::exchange(&aside, &self.data.data, jiff::Timestamp::now())?;
        say(&format!("{} holds the backup of {}; {erased} erasures repeated", self.data.data.display(), note.begun_at));
        if let Some(former) = former {
            eprintln!("what was there before is kept at {}: delete it when you no longer need it", former.display());
        }
        Ok(())
    }

    /// The database comes with the backup, or has been restored by its own tools.
    fn check_database(&self, note: &BackupNote) -> anyhow::Result<()> {
        match (self.data.is_postgres(), note.has_database()) {
            (false, false) => bail!(
                "this backup holds no database (it was PostgreSQL): restore it with pg_restore, then name it with --database"
            ),
            (true, true) => bail!("this backup holds an embedded database: leave --database away"),
            (false, true) if self.data.database.is_some() => {
                bail!("restore writes the database into --data: leave --database away")
            }
            _ => Ok(()),
        }
    }

    /// Every list of erasures that may be newer than the backup.
    async fn lists(&self) -> anyhow::Result<Vec<ErasureList>> {
        let mut lists = Vec::new();
        if let Some(path) = &self.erasures {
            let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
            lists.push(ErasureList::parse(&text)?);
        }
        let known = self.data.data.join(backup::DATABASE);
        if !self.data.is_postgres() && known.is_file() {
            lists.push(list_of(&known).await.with_context(|| {
                format!(
                    "read who was erased from {}; give the list with --erasures and move that file away",
                    known.display()
                )
            })?);
        }
        if lists.is_empty() && !self.no_newer_erasures {
            bail!(
                "nobody can tell who was erased since this backup: give the list with --erasures FILE (peakend erasures \
                 export), or say --no-newer-erasures"
            );
        }
        Ok(lists)
    }

    /// Erase again, in the folder that does not serve yet.
    async fn clean(&self, aside: &Path, note: &BackupNote, lists: &[ErasureList]) -> anyhow::Result<u64> {
        let data = DataOptions { data: aside.to_owned(), ..self.data.clone() };
        let app = wiring::open(&data, String::new(), Arc::new(SystemClock), None).await?;
        let mut done = 0;
        let empty = ErasureList { format: 1, at: note.begun_at, organisations: Vec::new() };
        for list in lists.iter().chain([&empty]) {
            done += erasure::replay(&app, list, note.begun_at).await?;
        }
        app.store.close().await;
        Ok(done)
    }
}

async fn list_of(database: &Path) -> anyhow::Result<ErasureList> {
    let store = Store::open(&format!("sqlite:{}", database.display())).await?;
    let list = erasure::export(&store, jiff::Timestamp::now()).await?;
    store.close().await;
    Ok(list)
}
