//! Connections and transactions over SQLite and PostgreSQL.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions as _, Executor as _, Row as _, Transaction};

use crate::sense::intake::Journal;
use crate::{StoreError, migration};

/// Pages an embedded database's writer keeps.
const WRITER_CACHE_KIB: u32 = 65_536;
/// Pages each of its readers keeps: all are dropped as soon as the writer has written.
const READER_CACHE_KIB: u32 = 8_192;

/// Which database is behind the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded SQLite: one writer, many readers.
    Sqlite,
    /// PostgreSQL: shared by several servers.
    Postgres,
}

/// The operational store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    reader: AnyPool,
    writer: AnyPool,
    engine: Engine,
    /// Of an embedded database: where ids of the log are looked up.
    look_ups: AnyPool,
    /// Of an embedded database: what stands in front of the intake log.
    journal: Option<Arc<Journal>>,
    /// Counted up before and after each commit of [`Store::begin`].
    settled: Arc<AtomicU64>,
}

/// A transaction; rolls back when dropped without [`Tx::commit`].
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Any>,
    engine: Engine,
    /// Counted up by the commit.
    settles: Option<Arc<AtomicU64>>,
}

/// A consistent view that begins when it is first read from.
#[derive(Debug)]
pub struct View<'a> {
    store: &'a Store,
    tx: Option<Tx>,
}

impl View<'_> {
    /// The transaction, begun now at the latest.
    pub async fn open(&mut self) -> Result<&mut Tx, StoreError> {
        let tx = match self.tx.take() {
            Some(begun) => begun,
            None => self.store.read().await?,
        };
        Ok(self.tx.insert(tx))
    }
}

impl Store {
    /// Open (and create or migrate) the database at `sqlite:PATH` or `postgres://…`.
    pub async fn open(address: &str) -> Result<Self, StoreError> {
        install_drivers();
        let (engine, url) = if let Some(path) = address.strip_prefix("sqlite:") {
            let path = path.trim_start_matches("//");
            (Engine::Sqlite, format!("sqlite://{path}?mode=rwc"))
        } else if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            (Engine::Postgres, address.to_owned())
        } else {
            let shown: String = address.chars().take(24).collect();
            return Err(StoreError::Address(shown));
        };
        let mut journal = None;
        if engine == Engine::Sqlite {
            let file = Path::new(address.trim_start_matches("sqlite:").trim_start_matches("//"));
            if let Some(damage) = crate::upkeep::log_damage(file) {
                return Err(StoreError::corrupt("write-ahead log", damage));
            }
            journal = Journal::beside(file).map(Arc::new);
            if let Some((file, damage)) = journal.as_ref().and_then(|j| j.damage().transpose()).transpose()? {
                return Err(StoreError::corrupt("intake journal", format!("{}: {damage}", file.display())));
            }
        }
        let (readers, writers) = match engine {
            Engine::Sqlite => (4, 1),
            Engine::Postgres => (8, 8),
        };
        let writer = pool(engine, &url, writers, WRITER_CACHE_KIB).await?;
        let reader = pool(engine, &url, readers, READER_CACHE_KIB).await?;
        let look_ups = match engine {
            Engine::Sqlite => options(engine, 1, READER_CACHE_KIB).connect_lazy_with(connect(&url)?),
            Engine::Postgres => reader.clone(),
        };
        let store = Self { reader, writer, engine, look_ups, journal, settled: Arc::default() };
        migration::run(&store).await?;
        Ok(store)
    }

    /// Look into an embedded database's file without changing a byte of it; none
    /// when its schema is of another release.
    pub async fn look(file: &Path) -> Result<Option<Self>, StoreError> {
        install_drivers();
        let url = format!("sqlite://{}?mode=ro", file.display());
        let pool = AnyPoolOptions::new().max_connections(1).connect_with(connect(&url)?);
        let reader = pool.await.map_err(StoreError::on("open the database"))?;
        let store = Self {
            writer: reader.clone(),
            look_ups: reader.clone(),
            reader,
            engine: Engine::Sqlite,
            journal: None,
            settled: Arc::default(),
        };
        Ok(if migration::is_current(&store).await? { Some(store) } else { None })
    }

    /// Which database it is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Begin a write. On SQLite there is one writer; others wait their turn.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let tx = self.begin_flow().await?;
        Ok(Tx { settles: Some(Arc::clone(&self.settled)), ..tx })
    }

    /// Begin a write of what flows (the intake log and what the loop makes of
    /// it): it leaves keys, surveys and scopes alone, so [`Store::generation`] stays.
    pub async fn begin_flow(&self) -> Result<Tx, StoreError> {
        let inner = match self.engine {
            Engine::Sqlite => match self.writer.begin_with("BEGIN IMMEDIATE").await {
                // a commit that failed has ended the transaction in SQLite, not in the driver
                Err(sqlx::Error::InvalidSavePointStatement) => {
                    let broken = self.writer.acquire().await.map_err(StoreError::on("begin a transaction"))?;
                    // whatever its closing says: it is gone
                    let _closed = broken.close().await;
                    self.writer.begin_with("BEGIN IMMEDIATE").await
                }
                begun => begun,
            },
            Engine::Postgres => self.writer.begin().await,
        };
        Ok(Tx { inner: inner.map_err(StoreError::on("begin a transaction"))?, engine: self.engine, settles: None })
    }

    /// A number that changes with every write other than of what flows: what was
    /// read under the same number is still true. None when others may write too.
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        (self.engine == Engine::Sqlite).then(|| self.settled.load(Ordering::Acquire))
    }

    /// A consistent view to read from.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        let inner = self.reader.begin().await.map_err(StoreError::on("begin a read"))?;
        Ok(Tx { inner, engine: self.engine, settles: None })
    }

    /// A consistent view that begins when it is first read from.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { store: self, tx: None }
    }

    pub(crate) fn reader(&self) -> &AnyPool {
        &self.reader
    }

    pub(crate) fn writer(&self) -> &AnyPool {
        &self.writer
    }

    pub(crate) fn look_ups(&self) -> &AnyPool {
        &self.look_ups
    }

    pub(crate) fn journal(&self) -> Option<&Arc<Journal>> {
        self.journal.as_ref()
    }

    /// Close all connections (SQLite: empties the journal and checkpoints the log).
    pub async fn close(&self) {
        if let Err(e) = self.gate().await {
            tracing::warn!(error = %e, "what was taken in last is moved into the log at the next start");
        }
        self.look_ups.close().await;
        self.reader.close().await;
        self.writer.close().await;
    }
}

impl Tx {
    /// Make everything in this transaction durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        let Self { inner, settles, .. } = self;
        let settle = || {
            if let Some(settled) = &settles {
                settled.fetch_add(1, Ordering::Release);
            }
        };
        // before it, for whoever writes next; after it, for whoever read meanwhile
        settle();
        inner.commit().await.map_err(StoreError::on("commit"))?;
        settle();
        Ok(())
    }

    /// Which database it is, for the few statements that differ.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// A number that changes when another process has written to the same file; none
    /// where others may write while this transaction lasts.
    pub async fn written_elsewhere(&mut self) -> Result<Option<i64>, StoreError> {
        if self.engine != Engine::Sqlite {
            return Ok(None);
        }
        let row = sqlx::query("SELECT data_version AS version FROM pragma_data_version")
            .fetch_one(&mut *self.inner)
            .await
            .map_err(StoreError::on("ask who has written"))?;
        row.try_get("version").map(Some).map_err(StoreError::on("ask who has written"))
    }

    /// Wait until no other transaction holds this name, and hold it until this one
    /// ends, also against other servers. SQLite has one writer anyway.
    pub(crate) async fn hold(&mut self, name: &'static str) -> Result<(), StoreError> {
        if self.engine == Engine::Postgres {
            sqlx::query("SELECT CAST(1 AS BIGINT) FROM (SELECT pg_advisory_xact_lock(hashtext($1))) AS held")
                .bind(name)
                .execute(&mut *self.inner)
                .await
                .map_err(StoreError::on("wait for another server"))?;
        }
        Ok(())
    }
}

impl Deref for Tx {
    type Target = AnyConnection;
    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}

/// Make both databases known to the driver; safe to repeat.
pub(crate) fn install_drivers() {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);
}

async fn pool(engine: Engine, url: &str, size: u32, cache_kib: u32) -> Result<AnyPool, StoreError> {
    options(engine, size, cache_kib).connect_with(connect(url)?).await.map_err(StoreError::on("open the database"))
}

fn connect(url: &str) -> Result<AnyConnectOptions, StoreError> {
    let options: AnyConnectOptions = url.parse().map_err(StoreError::on("read the database's address"))?;
    // a slow bulk statement would print its thousands of placeholders; durations are measured above the store
    Ok(options.disable_statement_logging())
}

fn options(engine: Engine, size: u32, cache_kib: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(std::time::Duration::from_secs(30))
        // a file needs no greeting
        .test_before_acquire(engine == Engine::Postgres)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if engine == Engine::Sqlite {
                    let settings = format!(
                        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000; \
                         PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-{cache_kib}; \
                         PRAGMA wal_autocheckpoint=4000; PRAGMA secure_delete=ON;"
                    );
                    connection.execute(sqlx::AssertSqlSafe(settings)).await?;
                }
                Ok(())
            })
        })
}
