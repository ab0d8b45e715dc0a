//! One test's world.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use peakend_app::admin::{session, setup};
use peakend_app::{App, Ctx, Settings, Token};
use peakend_channel::act::mail::Mailer;
use peakend_domain::{Actor, ActorKind, OrgId, Role, Scope, UserId};
use peakend_query::NaiveWarehouse;
use peakend_store::Store;
use peakend_store::admin::{api_key, user};

use crate::{Client, FrozenClock, SeededEntropy};

/// Everything a test of the upper floors needs. Dropping it removes its files.
#[derive(Debug)]
pub struct World {
    /// The application under test.
    pub app: Arc<App>,
    /// Its clock.
    pub clock: Arc<FrozenClock>,
    /// The organisation.
    pub org: OrgId,
    /// Its owner.
    pub owner: UserId,
    owner_actor: Actor,
    dir: tempfile::TempDir,
}

impl World {
    /// A world on Monday 2026-01-05 09:00 in Shanghai, with an organisation and its owner.
    pub async fn new() -> Self {
        Self::at("2026-01-05T01:00:00Z").await
    }

    /// A world at an instant, on SQLite.
    pub async fn at(now: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", dir.path().join("world.sqlite").display());
        let clock = Arc::new(FrozenClock::at(now.parse::<Timestamp>().expect("an RFC 3339 instant")));
        let app = Arc::new(App::new(
            Store::open(&address).await.unwrap(),
            Arc::new(NaiveWarehouse::default()),
            Arc::clone(&clock) as Arc<dyn peakend_domain::Clock>,
            Arc::new(SeededEntropy::new(7)),
            Settings { public_url: "http://127.0.0.1:8080".to_owned() },
        ));
        let (org, owner) = setup::run(
            &app,
            &setup::Setup {
                organisation: "Harbour Bank".to_owned(),
                name: "Olivia Owner".to_owned(),
                email: "owner@example.com".to_owned(),
                password: None,
                locale: "en".to_owned(),
                time_zone: "Asia/Shanghai".to_owned(),
                currency: "CNY".to_owned(),
            },
        )
        .await
        .unwrap();
        let owner_actor =
            Actor { kind: ActorKind::User(owner.clone()), role: Role::Owner, scope: Scope::all(org.clone()) };
        Self { app, clock, org, owner, owner_actor, dir }
    }

    /// Let mail leave through a relay. Call it before the application is shared.
    pub fn mail_through(&mut self, relay: &str) {
        let mailer = Mailer::new(relay, "Harbour Bank <hello@bank.example>").unwrap();
        Arc::get_mut(&mut self.app).expect("nobody shares the application yet").mailer = Some(mailer);
    }

    /// The folder of its files; the database is `world.sqlite` in it.
    #[must_use]
    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// The owner's context.
    #[must_use]
    pub fn ctx(&self) -> Ctx<'_> {
        Ctx::new(&self.app, &self.owner_actor)
    }

    /// Let time pass.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// Drain the intake log through the loop.
    pub async fn pump(&self) -> u64 {
        self.app.pump().await.unwrap()
    }

    /// A member of staff with a role and an optional bounding unit id.
    pub async fn user(&self, role: Role, unit_id: Option<&str>) -> UserId {
        let now = self.app.now();
        let id = UserId::new(now, &*self.app.entropy);
        let mut tx = self.app.store.begin().await.unwrap();
        let new = user::User {
            org: self.org.clone(),
            id: id.clone(),
            email: format!("{id}@example.com"),
            name: format!("{} {}", role.name(), id.as_str().chars().rev().take(4).collect::<String>()),
            password_hash: None,
            role,
            unit_id: unit_id.map(str::to_owned),
            locale: "en".to_owned(),
            created_at: now,
            disabled_at: None,
        };
        user::insert(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// An API key of the organisation; the secret.
    pub async fn key(&self, role: Role) -> String {
        self.key_in(&self.org, role).await
    }

    /// Another organisation in the same store, as a tenant that must stay apart.
    pub async fn other_org(&self) -> OrgId {
        let now = self.app.now();
        let id = OrgId::new(now, &*self.app.entropy);
        let mut tx = self.app.store.begin().await.unwrap();
        let org = peakend_store::admin::org::Org {
            id: id.clone(),
            name: "Other Bank".to_owned(),
            locale: "en".to_owned(),
            time_zone: "UTC".to_owned(),
            currency: "EUR".to_owned(),
            created_at: now,
        };
        peakend_store::admin::org::insert(&mut tx, &org).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// An API key of any organisation; the secret.
    pub async fn key_in(&self, org: &OrgId, role: Role) -> String {
        let now = self.app.now();
        let token = Token::new("pk_", &*self.app.entropy);
        let mut tx = self.app.store.begin().await.unwrap();
        let key = api_key::ApiKey {
            org: org.clone(),
            id: peakend_domain::ApiKeyId::new(now, &*self.app.entropy).to_string(),
            name: "test".to_owned(),
            hint: "test".to_owned(),
            hash: token.hash(),
            role,
            unit_id: None,
            created_at: now,
            last_used_at: None,
            revoked_at: None,
        };
        api_key::insert(&mut tx, &key).await.unwrap();
        tx.commit().await.unwrap();
        token.reveal().to_owned()
    }

    /// An HTTP client on the real router, without credentials.
    #[must_use]
    pub fn stranger(&self) -> Client {
        Client::new(peakend_http::router(Arc::clone(&self.app)))
    }

    /// An HTTP client that sends an API key.
    pub async fn client(&self, role: Role) -> Client {
        let key = self.key(role).await;
        self.stranger().with_key(&key)
    }

    /// An HTTP client with a signed-in user's session cookie and CSRF token.
    pub async fn signed_in(&self, user: &UserId) -> Client {
        let new = session::open(&self.app, self.org.clone(), user.clone()).await.unwrap();
        self.stranger().with_session(new.token.reveal(), &new.session.csrf)
    }
}
