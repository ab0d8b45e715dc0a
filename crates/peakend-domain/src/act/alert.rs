//! Alert: one voice that met an alert rule, and the fields a rule may look at.

use serde_json::{Value, json};

use crate::sense::expression::FactKind;
use crate::sense::voice::Voice;
use crate::{AlertId, AlertRuleId, CaseId};

/// A voice that met a rule, and the case it opened or joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// The rule.
    pub rule: AlertRuleId,
    /// The voice.
    pub voice: String,
    /// The case.
    pub case: CaseId,
    /// When.
    pub at: jiff::Timestamp,
}

/// What a condition sees of a voice: `score` is the first of NPS, CSAT and CES
/// that was answered; unknown codes are empty strings, unknown scores null.
#[must_use]
pub fn fields(voice: &Voice) -> Value {
    json!({
        "score": score(voice),
        "nps": voice.nps,
        "csat": voice.csat,
        "ces": voice.ces,
        "sentiment": voice.sentiment,
        "text": voice.text,
        "theme": voice.theme,
        "pillar": voice.pillar.name(),
        "kind": voice.kind.name(),
        "survey": voice.survey_code,
        "segment": voice.segment,
        "touchpoint": voice.touchpoint_code,
        "journey": voice.journey_code,
        "stage": voice.stage_code,
        "channel": voice.channel_code,
        "line": voice.line_code,
        "unit": voice.unit_code,
        "language": voice.language,
        "answers": voice.answers,
    })
}

/// The score a case shows: the first of NPS, CSAT and CES that was answered.
#[must_use]
pub fn score(voice: &Voice) -> Option<i64> {
    voice.nps.or(voice.csat).or(voice.ces).map(i64::from)
}

/// The first words of a voice, for a list.
#[must_use]
pub fn title(voice: &Voice) -> String {
    const LETTERS: usize = 80;
    let line = voice.text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LETTERS {
        return line;
    }
    line.chars().take(LETTERS - 1).chain(['…']).collect()
}

/// Names a condition may use, for checks and for the form (`answers.…` besides).
pub const FIELDS: [&str; 18] = [
    "score",
    "nps",
    "csat",
    "ces",
    "sentiment",
    "text",
    "theme",
    "pillar",
    "kind",
    "survey",
    "segment",
    "touchpoint",
    "journey",
    "stage",
    "channel",
    "line",
    "unit",
    "language",
];

/// Whether a field of a condition is a number or a text; `None` for answers.
#[must_use]
pub fn kind(path: &[String]) -> Option<FactKind> {
    match path {
        [name] if ["score", "nps", "csat", "ces", "sentiment"].contains(&name.as_str()) => Some(FactKind::Number),
        [name] if FIELDS.contains(&name.as_str()) => Some(FactKind::Text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sense::voice::VoiceKind;
    use crate::{Day, OrgId, Pillar};

    fn voice(text: &str) -> Voice {
        Voice {
            org: OrgId::stored("org_a".to_owned()),
            id: "r.1".to_owned(),
            seq: 1,
            kind: VoiceKind::Response,
            pillar: Pillar::Customer,
            survey_code: "relation".to_owned(),
            survey_version: Some(1),
            person: "per_1".to_owned(),
            unit_code: "b1".to_owned(),
            unit_path: "/root/b1/".to_owned(),
            line_code: String::new(),
            journey_code: String::new(),
            stage_code: String::new(),
            touchpoint_code: "redeem".to_owned(),
            channel_code: "app".to_owned(),
            segment: String::new(),
            theme: String::new(),
            language: "en".to_owned(),
            at: jiff::Timestamp::UNIX_EPOCH,
            day: Day(0),
            nps: None,
            csat: Some(2),
            ces: Some(5),
            sentiment: None,
            answers: json!({"why": "fee"}),
            text: text.to_owned(),
            author: String::new(),
            url: String::new(),
            reading: crate::sense::reading::Reading::default(),
            attributes: std::collections::BTreeMap::new(),
            quiet: false,
        }
    }

    #[test]
    fn a_condition_sees_every_field_it_may_name() {
        let fields = fields(&voice("x"));
        for name in FIELDS {
            assert!(fields.get(name).is_some(), "{name}");
        }
        assert_eq!(
            (&fields["score"], &fields["nps"], &fields["answers"]["why"]),
            (&json!(2), &Value::Null, &json!("fee"))
        );
    }

    #[test]
    fn a_fields_kind_is_what_the_field_holds() {
        let fields = fields(&Voice { nps: Some(3), ces: Some(1), sentiment: Some(-20), ..voice("x") });
        for name in FIELDS {
            let number = kind(&[name.to_owned()]) == Some(FactKind::Number);
            assert_eq!(fields[name].is_number(), number, "{name}");
        }
        assert_eq!(kind(&["answers".to_owned(), "why".to_owned()]), None);
    }

    #[test]
    fn a_title_is_one_line_of_at_most_eighty_letters() {
        assert_eq!(title(&voice("  two\n lines ")), "two lines");
        assert_eq!(title(&voice(&"赎回".repeat(60))).chars().count(), 80);
    }
}
