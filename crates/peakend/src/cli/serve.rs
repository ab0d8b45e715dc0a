//! `peakend serve`

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use peakend_app::App;
use peakend_query::Warehouse;
use peakend_warehouse::{SegmentWarehouse, Settings};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::config::{DataOptions, MailOptions, ServerOptions};
use crate::wiring::{self, SystemClock};

/// Pause of the loop between two looks: each is a sync, which answers to respondents wait for.
const GATHERING: Duration = Duration::from_millis(15);
/// How often the loop looks for what did not come in by request.
const LOOKING: Duration = Duration::from_secs(1);
/// How often events are handed to the warehouse: often, so that each time it is little work.
const FOLLOWING: Duration = Duration::from_secs(2);
/// Time to process what a former process has left, before anything is answered.
const FIRST_PUMPING: Duration = Duration::from_secs(5);
/// Time to process what was taken in last, and again to move what was not, when told to stop.
const LAST_PUMPING: Duration = Duration::from_secs(15);
/// Time for the last answers when the disk has failed.
const LAST_ANSWERS: Duration = Duration::from_millis(100);

/// Serve until told to stop.
#[derive(Debug, clap::Args)]
pub struct Serve {
    #[command(flatten)]
    server: ServerOptions,
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    mail: MailOptions,
}

impl Serve {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        self.over(async |folder: PathBuf, settings| Ok(Arc::new(SegmentWarehouse::open(&folder, settings)?) as _)).await
    }

    /// Serve over another warehouse than the one on this disk alone.
    ///
    /// # Errors
    /// When the port, the store or the warehouse cannot be opened.
    pub async fn over(
        self,
        open: impl AsyncFnOnce(PathBuf, Settings) -> anyhow::Result<Arc<dyn Warehouse>>,
    ) -> anyhow::Result<()> {
        let listener = bind(&self.server).await?;
        let url = self.server.public_url(listener.local_addr()?);
        let app = wiring::open_over(&self.data, url.clone(), Arc::new(SystemClock), self.mail.mailer()?, open).await?;
        crate::cli::say(&format!("listening on {url}"));
        if peakend_app::admin::setup::needed(&app).await? {
            crate::cli::say(&format!("first run: open {url}/setup and create the owner"));
        }
        serve(listener, app).await
    }
}

/// Take the port first, so that a second server fails before it opens anything.
pub(crate) async fn bind(server: &ServerOptions) -> anyhow::Result<TcpListener> {
    TcpListener::bind(server.listen).await.with_context(|| {
        format!("listen on {}: is another server running there? choose another with --listen", server.listen)
    })
}

/// Serve an application and run its background work until a signal arrives.
pub(crate) async fn serve(listener: TcpListener, app: Arc<App>) -> anyhow::Result<()> {
    // figures are whole from the first answer on, unless very much was left
    if let Ok(Err(e)) = tokio::time::timeout(FIRST_PUMPING, app.pump()).await {
        tracing::error!(error = %e, "what was left could not be processed yet");
    }
    let mut background = JoinSet::new();
    background.spawn(keep_pumping(Arc::clone(&app)));
    background.spawn(keep_running_jobs(Arc::clone(&app)));
    background.spawn(keep_sealing(Arc::clone(&app)));
    background.spawn(keep_retention(Arc::clone(&app)));
    background.spawn(keep_following(Arc::clone(&app)));
    let serving = axum::serve(listener, peakend_http::router(Arc::clone(&app)))
        .with_graceful_shutdown(told_to_stop())
        .into_future();
    tokio::select! {
        ended = serving => ended?,
        () = app.intake.halted() => {
            // callers who wait get their refusal
            tokio::time::sleep(LAST_ANSWERS).await;
            anyhow::bail!("the disk has failed, see the log above: start again to read what it kept");
        }
    }
    background.shutdown().await;
    // what is left then is safe, and comes first at the next start
    if let Ok(pumped) = tokio::time::timeout(LAST_PUMPING, app.pump()).await {
        pumped?;
    }
    app.seal().await?;
    let _emptied = tokio::time::timeout(LAST_PUMPING, app.store.close()).await;
    Ok(())
}

/// A disk that failed once is not asked again: what it kept is read at the next start.
fn halt_when_broken(app: &App, e: &peakend_app::Error) {
    if e.is_broken_disk() {
        app.intake.halt();
    }
}

/// The loop follows the intake log: woken by each commit.
async fn keep_pumping(app: Arc<App>) {
    let written = app.intake.written();
    let mut looked: Option<Instant> = None;
    loop {
        let pumped = if looked.is_some_and(|at| at.elapsed() < LOOKING) {
            app.pump_own().await
        } else {
            // others write to the log too: imports, another process on the same store; and
            // what a former process has acknowledged may still be left
            let pumped = if looked.is_none() { app.pump().await } else { app.pump_log().await };
            if pumped.is_ok() {
                looked = Some(Instant::now());
            }
            pumped
        };
        if let Err(e) = pumped {
            halt_when_broken(&app, &e);
            tracing::error!(error = %e, "the loop could not process the intake log; trying again");
            tokio::time::sleep(Duration::from_secs(1)).await;
            continue;
        }
        // what comes in meanwhile shares the next transaction
        tokio::time::sleep(GATHERING).await;
        // the timeout covers entries written by another process on the same store
        let others = Duration::from_secs(if app.warehouse.is_shared() { 1 } else { 5 });
        let _woken = tokio::time::timeout(others, written.notified()).await;
    }
}

/// Jobs each second, each leased at its own instant.
async fn keep_running_jobs(app: Arc<App>) {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        loop {
            match app.run_next_job(app.now()).await {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(e) => {
                    halt_when_broken(&app, &e);
                    tracing::error!(error = %e, "jobs could not be run");
                    break;
                }
            }
        }
    }
}

/// A segment each minute, whatever the jobs wait for.
async fn keep_sealing(app: Arc<App>) {
    let mut every = tokio::time::interval(Duration::from_secs(60));
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // the first tick is at once, when there is nothing to seal
    every.tick().await;
    loop {
        every.tick().await;
        if let Err(e) = app.seal().await {
            halt_when_broken(&app, &e);
            tracing::error!(error = %e, "hot rows could not be sealed");
        }
    }
}

/// Events reach the warehouse before somebody asks about them.
async fn keep_following(app: Arc<App>) {
    let mut every = tokio::time::interval(FOLLOWING);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        if let Err(e) = app.follow_all_events().await {
            halt_when_broken(&app, &e);
            tracing::error!(error = %e, "events could not be handed to the warehouse");
        }
    }
}

/// Each organisation's day begins at its own hour; a day is planned once.
async fn keep_retention(app: Arc<App>) {
    let mut every = tokio::time::interval(Duration::from_secs(3_600));
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        if let Err(e) = app.plan_retention().await {
            halt_when_broken(&app, &e);
            tracing::error!(error = %e, "today's removal of what is no longer kept could not be planned");
        }
    }
}

async fn told_to_stop() {
    let interrupt = async {
        let _told = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    {
        let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            return interrupt.await;
        };
        tokio::select! { () = interrupt => {}, _ = terminate.recv() => {} }
    }
    #[cfg(not(unix))]
    interrupt.await;
}
