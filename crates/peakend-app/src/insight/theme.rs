//! Themes: the organisation's scheme, its versions, and rules tried before they count.

mod suggestion;
mod trial;

use jiff::Timestamp;
use peakend_domain::insight::theme::ThemeVersion;
use peakend_domain::{FieldFault, LocalText, Permission};
use peakend_store::admin::audit;
use peakend_store::insight::theme as store;
use peakend_text::theme::SchemeFault;
use serde_json::json;

pub use peakend_text::theme::{Rule, Theme, ThemeName, ThemeScheme};
pub use suggestion::{Proposal, Proposals, propose};
pub use trial::{RuleTrial, TextTrial, ThemeTrial, TrialAsked, TrialVoice, try_out};

use super::rereading::whole_organisation;
use crate::sense::reading::OrgReader;
use crate::{Ctx, Error};

/// The scheme in use.
#[derive(Debug, Clone, PartialEq)]
pub struct Themes {
    /// Its version and themes.
    pub scheme: ThemeScheme,
    /// When it was saved and by whom; `None` for the scheme that ships.
    pub saved: Option<(Timestamp, String)>,
}

impl Themes {
    fn of(reader: &OrgReader) -> Self {
        let saved = reader.saved.as_ref().map(|s| (s.saved_at, s.saved_by.clone()));
        Self { scheme: reader.scheme().clone(), saved }
    }
}

/// The scheme in use. Whoever sees figures or voices sees the names of themes.
pub async fn read(ctx: &Ctx<'_>) -> Result<Themes, Error> {
    if !ctx.actor.role.may(Permission::SeeFigures) {
        ctx.require(Permission::ReadVoices)?;
    }
    let mut tx = ctx.app.store.read().await?;
    Ok(Themes::of(&*ctx.app.readers.current(&mut tx, ctx.org()).await?))
}

/// Save other themes as the next version of the one they were made from. Voices
/// that come in from now on are read with it.
pub async fn save(ctx: &Ctx<'_>, made_from: u32, themes: Vec<Theme>) -> Result<Themes, Error> {
    ctx.require(Permission::Configure)?;
    whole_organisation(ctx)?;
    let mut tx = ctx.app.store.begin().await?;
    let now = ctx.app.readers.current(&mut tx, ctx.org()).await?;
    let changed = || {
        let message = "somebody else has saved the themes meanwhile: load them again and repeat your changes";
        Error::conflict("themes_changed", message)
    };
    if now.scheme().version != made_from {
        return Err(changed());
    }
    if now.scheme().themes == themes {
        return Ok(Themes::of(&now));
    }
    let next = now.scheme().revised(themes.clone()).map_err(|all| faults(&themes, &all))?;
    // what cannot be compiled must not be saved: every voice would wait for it
    OrgReader::of(&next).map_err(|all| faults(&themes, &all))?;
    let document = serde_json::to_string(&next).map_err(|e| Error::Fault(format!("write a scheme of themes: {e}")))?;
    let saved = ThemeVersion { version: next.version, document, saved_at: ctx.now(), saved_by: ctx.actor.label() };
    if !store::insert(&mut tx, ctx.org(), &saved).await? {
        return Err(changed());
    }
    let detail = json!({ "version": next.version, "themes": next.themes.len() });
    audit::record(&mut tx, ctx.actor, ctx.now(), "themes.saved", &next.version.to_string(), &detail).await?;
    tx.commit().await?;
    Ok(Themes { scheme: next, saved: Some((saved.saved_at, saved.saved_by)) })
}

/// What is wrong with themes, each fault naming its theme, rule and place.
fn faults(themes: &[Theme], all: &[SchemeFault]) -> Error {
    Error::Invalid(all.iter().map(|fault| named(themes, fault)).collect())
}

fn named(themes: &[Theme], fault: &SchemeFault) -> FieldFault {
    let index = |name: &str| -> Option<usize> {
        let (_, rest) = fault.path.split_once(&format!("{name}["))?;
        rest.split_once(']')?.0.parse().ok()
    };
    let theme = index("themes").and_then(|at| themes.get(at)).map(|t| t.code.as_str());
    let rule = index("rules").map(|at| (at + 1).to_string());
    let mut place = Vec::new();
    place.extend(theme.map(|code| format!("theme `{code}`")));
    place.extend(rule.as_ref().map(|number| format!("rule {number}")));
    let message =
        if place.is_empty() { fault.message.clone() } else { format!("{}: {}", place.join(", "), fault.message) };
    let mut known = FieldFault::new(fault.path.replacen("themes", "items", 1), fault.code, message);
    for (name, value) in
        [("theme", theme.map(ToOwned::to_owned)), ("rule", rule), ("at", fault.at.map(|at| at.to_string()))]
    {
        if let Some(value) = value {
            known = known.arg(name, value);
        }
    }
    known
}

/// A theme's name as every other name of the organisation is kept.
pub(crate) fn local(name: &ThemeName) -> LocalText {
    let texts = [("en", &name.en), ("zh-Hans", &name.zh_hans), ("zh-Hant", &name.zh_hant)];
    LocalText(texts.into_iter().map(|(tag, text)| (tag.to_owned(), text.clone())).collect())
}

/// These themes and every theme below them, each once.
pub(crate) fn with_below(scheme: &ThemeScheme, codes: &[String]) -> Vec<String> {
    let mut all: Vec<String> = codes.to_vec();
    for theme in &scheme.themes {
        if !all.contains(&theme.code) && scheme.path(&theme.code).iter().any(|above| codes.iter().any(|c| c == above)) {
            all.push(theme.code.clone());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_stands_for_those_below_it() {
        let scheme = ThemeScheme::shipped();
        assert_eq!(with_below(&scheme, &["money".to_owned()]), ["money", "fees", "returns", "promotion"]);
        assert_eq!(with_below(&scheme, &["fees".to_owned(), "gone".to_owned()]), ["fees", "gone"]);
    }

    #[test]
    fn a_fault_names_theme_rule_and_place() {
        let mut themes = ThemeScheme::shipped().themes;
        let fees = themes.iter().position(|t| t.code == "fees").unwrap();
        themes[fees].rules.push(Rule::Expression { text: "fee and (high".to_owned() });
        let Err(all) = ThemeScheme::shipped().revised(themes.clone()) else { panic!("the parenthesis does not end") };
        let fault = named(&themes, &all[0]);
        assert!(fault.message.starts_with("theme `fees`, rule 2: at character "), "{}", fault.message);
        assert_eq!(fault.args.get("rule").map(String::as_str), Some("2"));
        assert!(fault.args.contains_key("at"));
    }
}
