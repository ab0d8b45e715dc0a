//! Somebody with many voices: a page of them, and how many there are, without reading them all.

use peakend_query::{DayRange, Dimension, Filter, NaiveWarehouse, VoiceFact, VoiceList, VoiceOrder, Warehouse};
use peakend_warehouse::{SegmentWarehouse, Settings};
use rand::RngExt;

use crate::rows::{self, seeded};

#[tokio::test]
async fn a_page_of_many_voices_is_the_page_of_all_of_them_sorted() {
    let dir = tempfile::tempdir().unwrap();
    let ours = SegmentWarehouse::open(dir.path(), Settings { memory_bytes: 64 << 20, ..Settings::default() }).unwrap();
    let oracle = NaiveWarehouse::default();
    let mut rng = seeded(41);
    // three segments that overlap in time, and voices that are not sealed
    for piece in 0..4_u64 {
        let seqs = piece * 900 + 1..=piece * 900 + 900;
        let mut voices: Vec<VoiceFact> = seqs.map(|seq| rows::voice(&mut rng, seq)).collect();
        for v in voices.iter_mut().filter(|v| v.seq % 3 != 0) {
            v.person = if v.seq % 7 == 0 { "often" } else { "always" }.to_owned();
        }
        ours.append("o", voices.clone()).await.unwrap();
        oracle.append("o", voices).await.unwrap();
        if piece < 3 {
            ours.seal("o").await.unwrap();
        }
    }
    let mut long = 0;
    for i in 0..400 {
        let person = ["often", "always", "person-0007", "nobody"][i % 4];
        let person = Filter::In(Dimension::Person, vec![person.to_owned()]);
        let filter = match i % 3 {
            0 => person,
            1 => rows::filter(&mut rng, 1).and(person),
            _ => person.and(Filter::In(Dimension::Channel, vec!["app".to_owned(), "sms".to_owned()])),
        };
        let period = match i % 5 {
            0 => rows::period(&mut rng),
            _ => DayRange { from: i32::MIN, to: i32::MAX },
        };
        let (offset, limit) = ([0, 0, 30, 2_000][i % 4], rng.random_range(0..120));
        let order = if i % 10 == 9 { VoiceOrder::LowestNps } else { VoiceOrder::Newest };
        let list = VoiceList { org: "o".to_owned(), period, filter, order, offset, limit };
        let (found, wanted) = (ours.voices(&list).await.unwrap(), oracle.voices(&list).await.unwrap());
        assert_eq!((found.total, found.voices), (wanted.total, wanted.voices), "{list:?}");
        long += u64::from(wanted.total > 500);
    }
    assert!(long > 50, "only {long} lists were long");
}
