//! Everything a use case may need, wired once by the binary or a test.

use std::collections::BTreeMap;
use std::sync::Arc;

use peakend_channel::act::mail::Mailer;
use peakend_domain::{Actor, Clock, Entropy, OrgId};
use peakend_query::Warehouse;
use peakend_store::Store;
use peakend_store::sense::intake::IntakeWriter;

use crate::fresh::Fresh;
use crate::insight::behaviour::Followed;
use crate::sense::person::Acquainted;
use crate::sense::survey::Published;
use crate::sense::take_in::Setup;

/// What the operator sets.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address that respondents and staff reach us at, without a trailing slash.
    pub public_url: String,
}

/// The application.
#[derive(Debug)]
pub struct App {
    /// Operational store.
    pub store: Store,
    /// Single writer of the intake log.
    pub intake: IntakeWriter,
    /// Analytics.
    pub warehouse: Arc<dyn Warehouse>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Settings.
    pub settings: Settings,
    /// The way out for mail; none when the operator has named no relay.
    pub mailer: Option<Mailer>,
    /// Held by the one pump that runs; where the loop stands, once that was read.
    pub(crate) pumping: tokio::sync::Mutex<Option<i64>>,
    /// Held while events are handed to the warehouse, or removed from it; take it after
    /// [`Self::pumping`] where both are needed.
    pub(crate) following: tokio::sync::Mutex<BTreeMap<OrgId, Followed>>,
    /// Whether voices may be stored that the warehouse has not been given.
    pub(crate) behind: std::sync::atomic::AtomicBool,
    /// Employees' answers read lately.
    pub(crate) employees: crate::insight::release::Lately,
    /// Themes of organisations, ready for texts.
    pub(crate) readers: crate::sense::reading::Readers,
    /// How far the imports of this process are.
    pub(crate) importing: crate::sense::import::Board,
    /// Who holds which alias, as the loop met it last.
    pub(crate) acquainted: Acquainted,
    /// Keys proven lately, by the hash of their secret.
    pub(crate) keys: Fresh<String, Actor>,
    /// What organisations have set up, as the loop met it last.
    pub(crate) setups: Fresh<OrgId, Arc<Setup>>,
    /// Surveys answered lately, by organisation, code and version.
    pub(crate) surveys: Fresh<(OrgId, String, Option<i64>), Arc<Published>>,
}

impl App {
    /// Wire an application; starts the intake writer on the current runtime.
    #[must_use]
    pub fn new(
        store: Store,
        warehouse: Arc<dyn Warehouse>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: Settings,
    ) -> Self {
        let intake = IntakeWriter::start(store.clone());
        Self {
            store,
            intake,
            warehouse,
            clock,
            entropy,
            settings,
            mailer: None,
            pumping: tokio::sync::Mutex::default(),
            following: tokio::sync::Mutex::default(),
            behind: std::sync::atomic::AtomicBool::new(false),
            employees: crate::insight::release::Lately::default(),
            readers: crate::sense::reading::Readers::default(),
            importing: crate::sense::import::Board::default(),
            acquainted: Acquainted::default(),
            keys: Fresh::default(),
            surveys: Fresh::default(),
            setups: Fresh::default(),
        }
    }

    /// With a way out for mail.
    #[must_use]
    pub fn with_mailer(mut self, mailer: Option<Mailer>) -> Self {
        self.mailer = mailer;
        self
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }
}
