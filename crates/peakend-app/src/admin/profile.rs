//! Who is signed in, for the frame of every screen.

use peakend_store::admin::org::{self, Org};
use peakend_store::admin::user::{self, User};

use crate::{Ctx, Error};

/// The signed-in user, their organisation and the unit that bounds them.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Who.
    pub user: User,
    /// Tenant.
    pub org: Org,
    /// Code and name of the bounding unit.
    pub unit: Option<(String, String)>,
}

/// Read the actor's profile. API keys have none and get "not found".
pub async fn read(ctx: &Ctx<'_>) -> Result<Profile, Error> {
    let id = ctx.actor.user().ok_or(Error::NotFound("user"))?;
    let mut tx = ctx.app.store.read().await?;
    let user = user::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("user"))?;
    let org = org::find(&mut tx, ctx.org()).await?.ok_or(Error::NotFound("organisation"))?;
    let unit = match user.unit_id.as_deref() {
        Some(unit) => {
            let lang = peakend_domain::Lang::parse(&user.locale).unwrap_or(peakend_domain::Lang::En);
            let named = peakend_store::admin::session::unit_name(&mut tx, ctx.org(), unit).await?;
            named.map(|(code, name)| (code, name.get(lang).to_owned()))
        }
        None => None,
    };
    Ok(Profile { user, org, unit })
}
