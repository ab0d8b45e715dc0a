//! Rules tried before they count: on a text, and on the newest voices.

use peakend_domain::sense::reading::{Reading, ThemeMention};
use peakend_domain::sense::voice::Voice;
use peakend_domain::{Permission, UnitScope};
use peakend_store::sense::voice;
use peakend_text::theme::{Theme, ThemeScheme};

use super::faults;
use crate::sense::reading::OrgReader;
use crate::{Ctx, Error};

/// Voices tried at most.
const MOST_VOICES: usize = 2_000;
/// Longest text tried, in characters.
const LONGEST: usize = 20_000;
/// Voices shown.
const SHOWN: usize = 20;
/// Voices read from the store at once.
const PAGE: i64 = 1_000;

/// What is to be tried.
#[derive(Debug, Clone)]
pub struct TrialAsked {
    /// The themes as they would be saved.
    pub themes: Vec<Theme>,
    /// The theme that is looked at; empty for none.
    pub theme: String,
    /// A text; empty for none.
    pub text: String,
    /// How many of the newest voices, at most 2,000.
    pub voices: usize,
}

/// What a text says under the rules.
#[derive(Debug, Clone)]
pub struct TextTrial {
    /// The text.
    pub text: String,
    /// Language tag; empty when it cannot be told.
    pub language: &'static str,
    /// -100..=100
    pub sentiment: Option<i8>,
    /// Themes and tone with their words.
    pub reading: Reading,
}

/// What one rule of the theme finds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleTrial {
    /// Voices in which it holds.
    pub matched: u64,
    /// Voices in which it alone holds: what would be lost without it.
    pub alone: u64,
}

/// A voice in which the theme is found, or was its main theme.
#[derive(Debug, Clone)]
pub struct TrialVoice {
    /// The voice.
    pub voice: Voice,
    /// Where the theme is found; `None` where it is not any more.
    pub mention: Option<ThemeMention>,
    /// Main theme under the rules tried; empty without one.
    pub now: String,
}

/// What the rules find.
#[derive(Debug, Clone, Default)]
pub struct ThemeTrial {
    /// The text.
    pub text: Option<TextTrial>,
    /// Voices tried.
    pub n: u64,
    /// Voices in which the theme is found.
    pub matched: u64,
    /// By rule of the theme.
    pub rules: Vec<RuleTrial>,
    /// Voices whose main theme it is in figures today.
    pub before: u64,
    /// Voices whose main theme it would be.
    pub after: u64,
    /// Voices whose main theme would be another one, whichever.
    pub moved: u64,
    /// Some of the voices, those that would move first, each kind newest first.
    pub rows: Vec<TrialVoice>,
}

/// Tries themes that are not saved. Texts of employees are never tried on.
pub async fn try_out(ctx: &Ctx<'_>, asked: &TrialAsked) -> Result<ThemeTrial, Error> {
    ctx.require(Permission::Configure)?;
    ctx.require(Permission::ReadVoices)?;
    if asked.text.chars().count() > LONGEST {
        return Err(Error::field("text", "too_long", format!("try a text of at most {LONGEST} characters")));
    }
    let scheme = ThemeScheme { version: 1, themes: asked.themes.clone() };
    let reader = OrgReader::of(&scheme).map_err(|all| faults(&asked.themes, &all))?;
    let rules = asked.themes.iter().find(|t| t.code == asked.theme).map_or(0, |t| t.rules.len());
    let mut trial = ThemeTrial { rules: vec![RuleTrial::default(); rules], ..ThemeTrial::default() };
    if !asked.text.trim().is_empty() {
        trial.text = Some(reader.read(&asked.text).tried(&asked.text));
    }
    let wanted = asked.voices.min(MOST_VOICES);
    let (mut moving, mut staying) = (Vec::new(), Vec::new());
    let mut before = i64::MAX;
    while trial.n < wanted as u64 {
        let mut tx = ctx.app.store.read().await?;
        let page = voice::newest_with_words(&mut tx, ctx.org(), before, PAGE).await?;
        drop(tx);
        let Some(last) = page.last().map(|v| v.seq) else { break };
        before = last;
        for voice in page {
            let seen = ctx.scope().units == UnitScope::All || ctx.scope().units.covers(&voice.unit_path);
            if seen && trial.n < wanted as u64 {
                trial.count(&reader, &asked.theme, voice, (&mut moving, &mut staying));
            }
        }
    }
    moving.append(&mut staying);
    moving.truncate(SHOWN);
    trial.rows = moving;
    Ok(trial)
}

impl ThemeTrial {
    fn count(
        &mut self,
        reader: &OrgReader,
        theme: &str,
        voice: Voice,
        (moving, staying): (&mut Vec<TrialVoice>, &mut Vec<TrialVoice>),
    ) {
        let read = reader.read(&voice.text);
        let now = read.theme().to_owned();
        self.n += 1;
        self.moved += u64::from(now != voice.theme);
        if theme.is_empty() {
            return;
        }
        let (was, is) = (voice.theme == theme, now == theme);
        self.before += u64::from(was);
        self.after += u64::from(is);
        let mention = read.mention(theme);
        if let Some(found) = &mention {
            self.matched += 1;
            for rule in &found.rules {
                let rule = usize::try_from(*rule).ok().and_then(|at| self.rules.get_mut(at));
                if let Some(rule) = rule {
                    rule.matched += 1;
                    rule.alone += u64::from(found.rules.len() == 1);
                }
            }
        }
        let list = if was == is { staying } else { moving };
        if (mention.is_some() || was) && list.len() < SHOWN {
            list.push(TrialVoice { voice, mention, now });
        }
    }
}
