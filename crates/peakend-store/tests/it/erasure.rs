//! What the store removes of a person, on both databases.
use peakend_domain::sense::erasure::{Erasure, ErasureCounts, ErasureReason, ErasureState, HashedAlias};
use peakend_domain::sense::import::{ImportKind, ImportReport, ImportState, RowFault};
use peakend_domain::sense::person::{Alias, AliasKind, Person};
use peakend_domain::{ErasureId, ImportId, OrgId, PersonId, Scope};
use peakend_store::sense::import::{self, Import};
use peakend_store::sense::intake::{self, IntakeEntry, IntakeKind, Receipt};
use peakend_store::sense::{erasure, person};
use peakend_store::{Store, Tx};

use crate::{at, on_both};

fn org() -> OrgId {
    OrgId::stored("org_a".to_owned())
}

fn entry(id: &str, hash: &str) -> IntakeEntry {
    IntakeEntry {
        org: org(),
        kind: IntakeKind::Identify,
        id: id.to_owned(),
        body_hash: hash.to_owned(),
        body: format!("{{\"said\":\"{id}\"}}"),
        received_at: at(0),
    }
}

async fn known(tx: &mut Tx, id: &str, number: &str) -> PersonId {
    let id = PersonId::stored(id.to_owned());
    let alias = Alias { kind: AliasKind::CustomerId, value: number.to_owned() };
    person::put_many(tx, &org(), &[Person::fresh(id.clone(), std::slice::from_ref(&alias), at(0))]).await.unwrap();
    person::insert_aliases(tx, &org(), &[(alias, id.clone())]).await.unwrap();
    id
}

#[tokio::test]
async fn a_tombstone_keeps_its_place_and_its_id_for_ever() {
    on_both("tombstone", |store: Store| async move {
        let gate = store.gate().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let receipts =
            intake::append(&mut tx, &gate, &[entry("a", "1"), entry("b", "2"), entry("c", "3")]).await.unwrap();
        let seqs: Vec<i64> = receipts
            .iter()
            .map(|r| match r {
                Receipt::Accepted { seq } => *seq,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(intake::entomb(&mut tx, &org(), &seqs[1..2]).await.unwrap(), 1);
        assert_eq!(intake::entomb(&mut tx, &org(), &seqs[1..2]).await.unwrap(), 0, "once is enough");
        let left: Vec<String> = intake::after(&mut tx, 0, 10).await.unwrap().into_iter().map(|e| e.entry.id).collect();
        assert_eq!(left, ["a", "c"]);
        assert_eq!(intake::between(&mut tx, &org(), seqs[0], seqs[1], 10).await.unwrap().len(), 0);
        assert_eq!(intake::last(&mut tx).await.unwrap(), seqs[2]);
        for hash in ["2", "another body"] {
            let again = intake::append(&mut tx, &gate, &[entry("b", hash)]).await.unwrap();
            assert_eq!(again, [Receipt::Replayed { seq: seqs[1] }]);
            assert_eq!(import::append_many(&mut tx, &gate, &[entry("b", hash)]).await.unwrap(), again);
        }
        assert_eq!(intake::append(&mut tx, &gate, &[entry("c", "other")]).await.unwrap(), [Receipt::Conflict]);
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_removed_person_leaves_nobody_and_no_name_and_others_stay() {
    on_both("removed", |store: Store| async move {
        let mut tx = store.begin().await.unwrap();
        let (one, other) = (known(&mut tx, "per_1", "K1").await, known(&mut tx, "per_2", "K2").await);
        let younger = known(&mut tx, "per_3", "K3").await;
        person::merge(&mut tx, &org(), &younger, &one, at(1)).await.unwrap();
        assert_eq!(person::former(&mut tx, &org(), &one).await.unwrap(), std::slice::from_ref(&younger));
        let counts = erasure::remove(&mut tx, &org(), one.as_str()).await.unwrap();
        assert_eq!(counts, ErasureCounts { aliases: 2, ..ErasureCounts::default() });
        let scope = Scope::all(org());
        assert!(person::find(&mut tx, &scope, &one).await.unwrap().is_none());
        assert!(person::merged_into(&mut tx, &org(), &younger).await.unwrap().is_none());
        let names = person::names(&mut tx, &org(), "", 10).await.unwrap();
        assert_eq!(names.into_iter().map(|c| c.id).collect::<Vec<_>>(), [other]);
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_list_is_read_as_it_was_written_and_its_state_moves_on() {
    on_both("erasures", |store: Store| async move {
        let mut line = Erasure {
            id: ErasureId::stored("era_1".to_owned()),
            person: PersonId::stored("per_1".to_owned()),
            former: vec![PersonId::stored("per_0".to_owned())],
            salt: "salt".to_owned(),
            names: vec![HashedAlias { kind: AliasKind::Email, hash: "ab".to_owned() }],
            reason: ErasureReason::Withdrawn,
            requested_by: "usr_1".to_owned(),
            requested_at: at(5),
            until_seq: 7,
            state: ErasureState::Requested,
            counts: ErasureCounts { voices: 2, ..ErasureCounts::default() },
        };
        let mut tx = store.begin().await.unwrap();
        assert_eq!(erasure::salt(&mut tx, &org()).await.unwrap(), None);
        erasure::put(&mut tx, &org(), &line).await.unwrap();
        assert_eq!(erasure::find(&mut tx, &org(), &line.id).await.unwrap(), Some(line.clone()));
        line.state = ErasureState::Done { at: at(9) };
        line.counts.warehouse_rows = 3;
        erasure::put(&mut tx, &org(), &line).await.unwrap();
        assert_eq!(erasure::all(&mut tx, &org()).await.unwrap(), [line.clone()]);
        assert_eq!(erasure::page(&mut tx, &org(), "era_1", 10).await.unwrap(), []);
        assert_eq!(erasure::count(&mut tx, &org()).await.unwrap(), 1);
        let elsewhere = OrgId::stored("org_b".to_owned());
        assert_eq!(erasure::find(&mut tx, &elsewhere, &line.id).await.unwrap(), None);
        tx.commit().await.unwrap();
        store.scrub().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn messages_of_refused_rows_are_blanked_and_their_codes_stay() {
    on_both("blanked", |store: Store| async move {
        let fault = |message: &str| RowFault {
            row: 3,
            column: "day".to_owned(),
            code: "bad_value".to_owned(),
            message: message.to_owned(),
        };
        let one = |id: &str, faults: Vec<RowFault>, ended: bool| Import {
            id: ImportId::stored(id.to_owned()),
            kind: ImportKind::Signals,
            file_name: "f.csv".to_owned(),
            content_hash: String::new(),
            state: if ended { ImportState::Done } else { ImportState::Writing },
            report: ImportReport { faults, ..ImportReport::default() },
            created_at: at(0),
            finished_at: ended.then(|| at(1)),
        };
        let mut tx = store.begin().await.unwrap();
        for import in [
            one("imp_1", vec![fault("`x` is no day")], true),
            one("imp_2", vec![], true),
            one("imp_3", vec![fault("y")], false),
        ] {
            import::insert(&mut tx, &org(), &import).await.unwrap();
        }
        let later = jiff::Timestamp::MAX;
        assert_eq!(import::forget_messages(&mut tx, &org(), later).await.unwrap(), 1);
        assert_eq!(import::forget_messages(&mut tx, &org(), later).await.unwrap(), 0);
        let first = import::find(&mut tx, &org(), &ImportId::stored("imp_1".to_owned())).await.unwrap().unwrap();
        assert_eq!(first.report.faults, [fault("")]);
        tx.commit().await.unwrap();
    })
    .await;
}
