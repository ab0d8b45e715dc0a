//! Which roles may knock at which route, asked before anything else of the
//! request is read: who may not act learns nothing from faults of the input.
//!
//! Use cases still ask precisely; this table only lists, per noun, what a
//! reader and what a writer needs at least one of.

use axum::http::Method;
use peakend_domain::{Permission, Role};

use Permission::{Administer, Ask, Configure, Improve, Ingest, ReadVoices, SeeFigures, SeeValue, WorkCases};

/// Any one of these is enough to be heard; an empty list leaves it to the use case.
type AnyOf = &'static [Permission];

/// First segments below `/api/v1`, what reading needs, what writing needs. `erasures`
/// counts as first wherever it stands: who may send persons may not erase them.
const NOUNS: &[(&str, AnyOf, AnyOf)] = &[
    ("session", &[], &[]),
    ("users", &[WorkCases, Configure, Administer], &[Administer]),
    ("api-keys", &[Administer], &[Administer]),
    ("jobs", &[Administer], &[Administer]),
    ("units", STAFF, &[Configure]),
    ("lines", STAFF, &[Configure]),
    ("channels", STAFF, &[Configure]),
    ("journeys", STAFF, &[Configure]),
    ("touchpoints", STAFF, &[Configure]),
    ("people", &[ReadVoices], &[Ingest]),
    ("erasures", &[Administer], &[Administer]),
    ("retention", &[Administer], &[Administer]),
    ("responses", STAFF, &[Ingest]),
    ("signals", STAFF, &[Ingest]),
    ("events", STAFF, &[Ingest]),
    ("outcomes", STAFF, &[Ingest]),
    ("outcome-kinds", &[SeeValue], &[Configure]),
    ("figures", &[SeeFigures], &[SeeFigures]),
    ("short-boards", &[SeeFigures], &[SeeFigures]),
    ("home", &[SeeFigures], &[SeeFigures]),
    ("findings", &[SeeFigures], &[Improve]),
    ("voices", &[ReadVoices], WRITERS),
    ("cases", &[WorkCases], &[WorkCases]),
    ("case-owners", &[WorkCases], &[WorkCases]),
    ("alert-rules", &[Configure], &[Configure]),
    ("calendars", &[WorkCases], &[Configure]),
    ("initiatives", &[SeeValue], &[Improve]),
    ("evaluations", &[SeeValue], &[Improve]),
    ("surveys", STAFF, &[Ask]),
    ("survey-links", &[Ask], &[Ask]),
    ("survey-templates", &[Ask], &[Ask]),
    ("event-rules", &[Ask], &[Ask]),
    ("event-names", &[Ask], &[Ask]),
    ("contact-rule", &[Ask], &[Ask]),
    ("asks", &[Ask], &[Ask]),
    ("ledger", &[SeeValue], &[Improve]),
];

/// Everybody but a public write key.
const STAFF: AnyOf = &[ReadVoices, WorkCases, SeeFigures, SeeValue, Configure, Administer];
/// Whoever may change anything at all.
const WRITERS: AnyOf = &[Administer, Configure, Ask, WorkCases, Improve];

/// Whether a role is heard at a registered route. Senders' routes (`/v1/…`) need
/// the permission to send; a noun not listed is read by staff and written by
/// those who may change something.
pub(crate) fn hears(role: Role, method: &Method, route: &str) -> bool {
    let Some(below) = route.strip_prefix("/api/v1/") else { return !route.starts_with("/v1/") || role.may(Ingest) };
    let first = below.split('/').next().unwrap_or_default();
    let noun = if below.ends_with("/erasures") { "erasures" } else { first };
    let (read, write) =
        NOUNS.iter().find(|(name, _, _)| *name == noun).map_or((STAFF, WRITERS), |(_, read, write)| (*read, *write));
    let reading = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let needed = if reading { read } else { write };
    needed.is_empty() || needed.iter().any(|p| role.may(*p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_key_is_heard_where_things_come_in_and_nowhere_else() {
        assert!(hears(Role::Ingest, &Method::POST, "/v1/track"));
        assert!(hears(Role::Ingest, &Method::POST, "/api/v1/responses"));
        assert!(!hears(Role::Ingest, &Method::GET, "/api/v1/units"));
        assert!(!hears(Role::Ingest, &Method::POST, "/api/v1/never-heard-of"));
        assert!(!hears(Role::Ingest, &Method::POST, "/api/v1/people/{id}/erasures"));
        assert!(!hears(Role::Analyst, &Method::POST, "/api/v1/people/{id}/erasures"));
    }

    #[test]
    fn a_viewer_writes_nowhere() {
        assert!(hears(Role::Viewer, &Method::GET, "/api/v1/figures"));
        assert!(!hears(Role::Viewer, &Method::POST, "/api/v1/cases/{id}/takings"));
        assert!(!hears(Role::Viewer, &Method::POST, "/api/v1/never-heard-of"));
    }
}
