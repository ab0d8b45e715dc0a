//! First run, signing in, and what a session may do.
use peakend_domain::Role;
use peakend_testkit::World;
use serde_json::json;

#[tokio::test]
async fn the_first_run_page_makes_one_owner_and_then_never_again() {
    let world = World::new().await;
    let stranger = world.stranger();
    assert_eq!(stranger.get("/api/v1/setup").await.ok(), json!({ "needed": false }));
    let again = json!({ "organisation": "X", "name": "Y", "email": "y@example.com", "password": "long enough pass",
        "locale": "en", "time_zone": "UTC" });
    assert_eq!(stranger.post("/api/v1/setup", &again).await.code(), "already_set_up");
}

#[tokio::test]
async fn a_sign_in_link_works_once() {
    let world = World::new().await;
    let link = peakend_app::admin::session::make_link(
        &world.app,
        &world.org,
        &world.owner,
        jiff::SignedDuration::from_mins(10),
    )
    .await
    .unwrap();
    let token = link.split_once("token=").unwrap().1.to_owned();
    let first = world.stranger().post("/api/v1/session/link", &json!({ "token": token })).await;
    assert_eq!(first.ok()["user"]["role"], "owner");
    assert!(first.headers["set-cookie"].to_str().unwrap().contains("HttpOnly"));
    let second = world.stranger().post("/api/v1/session/link", &json!({ "token": token })).await;
    assert_eq!(second.code(), "link_spent");
}

#[tokio::test]
async fn an_unsafe_request_without_the_csrf_token_is_refused() {
    let world = World::new().await;
    let client = world.signed_in(&world.owner).await;
    assert_eq!(client.get("/api/v1/session").await.ok()["user"]["name"], "Olivia Owner");
    let new = peakend_app::admin::session::open(&world.app, world.org.clone(), world.owner.clone()).await.unwrap();
    let forged = world.stranger().with_session(new.token.reveal(), "wrong");
    assert_eq!(forged.delete("/api/v1/session").await.code(), "csrf");
    assert_eq!(world.stranger().get("/api/v1/session").await.code(), "unauthenticated");
    let viewer = world.client(Role::Viewer).await;
    assert_eq!(viewer.get("/api/v1/session").await.code(), "not_found", "a key has no profile");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_email_look_the_same() {
    let world = World::new().await;
    let tried = json!({ "email": "owner@example.com", "password": "not the password" });
    let unknown = json!({ "email": "nobody@example.com", "password": "not the password" });
    assert_eq!(world.stranger().post("/api/v1/session", &tried).await.code(), "wrong_credentials");
    assert_eq!(world.stranger().post("/api/v1/session", &unknown).await.code(), "wrong_credentials");
}
