//! Who is who.
use super::*;

fn alias(text: &str) -> Alias {
    let (kind, value) = text.split_once(':').unwrap();
    Alias::parse(AliasKind::parse(kind).unwrap(), value).unwrap()
}

fn candidate(id: &str, aliases: &[&str]) -> Candidate {
    Candidate { id: PersonId::stored(id.to_owned()), aliases: aliases.iter().map(|a| alias(a)).collect() }
}

fn check(aliases: &[&str], candidates: &[Candidate], expected: &str) {
    let aliases: Vec<Alias> = aliases.iter().map(|a| alias(a)).collect();
    let r = resolve(&aliases, candidates);
    let keep = r.keep.map_or("new".to_owned(), |id| id.to_string());
    let merge: Vec<String> = r.merge.iter().map(ToString::to_string).collect();
    let add: Vec<String> = r.add.iter().map(|a| format!("{}:{}", a.kind.name(), a.value)).collect();
    assert_eq!(format!("{keep} <- {} + {}", merge.join(","), add.join(",")), expected);
}

#[test]
fn unknown_aliases_make_a_new_person() {
    check(&["user_id:u1", "email:A@B.cn"], &[], "new <-  + user_id:u1,email:a@b.cn");
}

#[test]
fn the_younger_of_two_is_merged_into_the_older() {
    let two = [candidate("per_2", &["user_id:u1"]), candidate("per_1", &["anonymous_id:x"])];
    check(&["user_id:u1", "anonymous_id:x", "email:a@b"], &two, "per_1 <- per_2 + email:a@b");
}

#[test]
fn two_customers_at_one_address_stay_two_persons() {
    let one = [candidate("per_1", &["customer_id:c1", "email:a@b"])];
    check(&["customer_id:c2", "email:a@b"], &one, "new <-  + customer_id:c2");
    let both = [one[0].clone(), candidate("per_2", &["customer_id:c2"])];
    check(&["customer_id:c2", "email:a@b"], &both, "per_2 <-  + ");
    // a device that two persons use does not make them one
    let device = [candidate("per_1", &["user_id:u1", "anonymous_id:x"]), candidate("per_2", &["user_id:u2"])];
    check(&["user_id:u2", "anonymous_id:x"], &device, "per_2 <-  + ");
}

#[test]
fn contradiction_counts_through_a_third_person() {
    // the e-mail's holder and the device's holder contradict each other: only one of them can be meant
    let two = [candidate("per_1", &["user_id:u1", "email:a@b"]), candidate("per_2", &["user_id:u2", "anonymous_id:x"])];
    check(&["email:a@b", "anonymous_id:x"], &two, "per_1 <-  + ");
}

#[test]
fn aliases_are_written_one_way() {
    assert_eq!(alias("phone:+86 138-0000 1111").value, "+8613800001111");
    assert_eq!(Alias::parse(AliasKind::Email, "nobody").unwrap_err().code, "bad_email");
    assert_eq!(Alias::parse(AliasKind::UserId, "  ").unwrap_err().code, "empty");
}

#[test]
fn identify_reads_aliases_from_its_traits() {
    let body: IdentifyBody = serde_json::from_str(
        r#"{"user_id":"u1","traits":{"email":"a@b","segment":"gold","age":41,"customer_id":77},"at":"2026-01-05T09:00:00Z"}"#,
    )
    .unwrap();
    let names: Vec<String> = body.aliases().iter().map(|a| format!("{}:{}", a.kind.name(), a.value)).collect();
    assert_eq!(names, ["user_id:u1", "customer_id:77", "email:a@b"]);
    let mut person = Person::fresh(PersonId::stored("per_1".into()), &body.aliases(), body.at);
    assert!(person.learn(&body.attributes(), body.at));
    assert!(!person.learn(&body.attributes(), body.at));
    assert_eq!((person.segment.as_str(), person.attributes.len()), ("gold", 1));
}
