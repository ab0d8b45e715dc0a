//! The mail that asks again: short, in the person's language, without a word
//! of what they had complained about.

use peakend_channel::act::mail::Mail;
use peakend_domain::PersonId;
use peakend_domain::act::case::{Case, CaseState};
use peakend_domain::sense::person::AliasKind;
use peakend_store::Tx;
use peakend_store::admin::org;
use peakend_store::sense::person;

use crate::{App, Error};

/// Subject and text, with `{bank}` and `{link}`.
struct Words {
    subject: &'static str,
    text: &'static str,
}

const EN: Words = Words {
    subject: "{bank}: did we put it right?",
    text: "Hello,\n\nyou told us about something that went wrong, and we have worked on it. Two questions, ten seconds: \
           did we put it right?\n\n{link}\n\n{bank}\n",
};
const HANS: Words = Words {
    subject: "{bank}：问题解决了吗？",
    text: "您好：\n\n您此前向我们反映的问题，我们已经处理。请用十秒钟告诉我们：问题解决了吗？\n\n{link}\n\n{bank}\n",
};
const HANT: Words = Words {
    subject: "{bank}：問題解決了嗎？",
    text: "您好：\n\n您先前向我們反映的問題，我們已經處理。請用十秒鐘告訴我們：問題解決了嗎？\n\n{link}\n\n{bank}\n",
};

/// The mail of a case whose re-ask waits; none when the person has no address.
pub(super) async fn write_in(tx: &mut Tx, app: &App, case: &Case) -> Result<Option<Mail>, Error> {
    let CaseState::Resolved { reask: Some(reask), .. } = &case.state else { return Ok(None) };
    let opening = &case.opening;
    let id = PersonId::stored(opening.person.clone());
    let known = person::candidates(tx, &opening.org, std::slice::from_ref(&id)).await?;
    let address = known.iter().flat_map(|c| &c.aliases).find(|a| a.kind == AliasKind::Email).map(|a| a.value.clone());
    let Some(to) = address else { return Ok(None) };
    let found = person::find_many(tx, &opening.org, std::slice::from_ref(&id)).await?;
    let language = found.get(&id).map(|p| p.language.as_str()).unwrap_or_default();
    let bank = org::find(tx, &opening.org).await?.map(|o| o.name).unwrap_or_default();
    let words = words(language);
    let link = format!("{}{}", app.settings.public_url, reask.link);
    let fill = |text: &str| text.replace("{bank}", &bank).replace("{link}", &link);
    let key = format!("reask.{}.{}", opening.id, reask.send_at.as_second());
    Ok(Some(Mail { to, subject: fill(words.subject), text: fill(words.text), key }))
}

fn words(language: &str) -> &'static Words {
    let language = language.to_ascii_lowercase();
    let traditional = ["zh-hant", "zh-tw", "zh-hk", "zh-mo"].iter().any(|tag| language.starts_with(tag));
    match language.get(..2) {
        Some("zh") if traditional => &HANT,
        Some("zh") => &HANS,
        _ => &EN,
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn the_mail_speaks_the_persons_language() {
        assert!(words("zh-TW").text.contains("問題"));
        assert!(words("zh-Hans").text.contains("问题"));
        assert!(words("de").text.contains("Hello") && words("").text.contains("Hello"));
    }
}
