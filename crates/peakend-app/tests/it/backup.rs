//! Backups under load, flipped bits, restoring, and who was erased in between.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use peakend_app::admin::backup::{self, BackupNote, Soundness};
use peakend_app::sense::{erasure, signal};
use peakend_app::{App, Ctx, Error, Settings};
use peakend_domain::sense::erasure::ErasureReason;
use peakend_domain::{Actor, OrgId, PersonId};
use peakend_query::{DayRange, Filter, NaiveWarehouse, VoiceFact, VoiceList, VoiceOrder};
use peakend_store::Store;
use peakend_store::sense::intake::{self, IntakeKind};
use peakend_testkit::{SeededEntropy, World};
use serde_json::{Value, json};

/// A warehouse's files as the engine lays them out, without the engine.
struct Segments {
    folder: PathBuf,
    org: String,
}

fn crc32(bytes: &[u8]) -> u64 {
    crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, bytes)
}

impl Segments {
    fn new(world: &World) -> Self {
        let folder = world.dir().join("warehouse").join("org-x");
        fs::create_dir_all(folder.join("segments")).unwrap();
        Self { folder, org: world.org.to_string() }
    }

    /// Seal so many voices up to a position in one segment with a companion.
    fn seal(&self, number: u32, voices: u64, sealed: u64) {
        let named = |file: String, size: usize| {
            let bytes: Vec<u8> = (0..size).map(|i| u8::try_from((i * 7 + number as usize) % 251).unwrap()).collect();
            fs::write(self.folder.join("segments").join(&file), &bytes).unwrap();
            json!({ "file": file, "bytes": bytes.len(), "crc32": crc32(&bytes) })
        };
        let mut entry = named(format!("voices-{number:08}.parquet"), 30_000);
        entry["contents"] = json!("voices");
        entry["rows"] = json!(voices);
        entry["last_seq"] = json!(sealed);
        entry["parts"] = json!([named(format!("codes-{number:08}.bin"), 5_000)]);
        // loaded from a file: the store knows nothing of these
        let loaded = json!({ "contents": "voices", "rows": 7, "last_seq": VoiceFact::LOADED | 7 });
        let mut manifest = json!({ "format": 2, "org": self.org, "sealed": sealed, "segments": [entry, loaded], "batches": [], "check": 0 });
        manifest["check"] = json!(crc32(&serde_json::to_vec_pretty(&manifest).unwrap()));
        let aside = self.folder.join("manifest.json.new");
        fs::write(&aside, serde_json::to_vec_pretty(&manifest).unwrap()).unwrap();
        fs::rename(aside, self.folder.join("manifest.json")).unwrap();
        for old in ["voices", "codes"].map(|kind| format!("{kind}-{:08}", number.wrapping_sub(1))) {
            for file in self.folder.join("segments").read_dir().unwrap().map(|f| f.unwrap()) {
                if file.file_name().to_string_lossy().starts_with(&old) {
                    fs::remove_file(file.path()).unwrap();
                }
            }
        }
    }
}

fn said(id: &str, person: &str, text: &str) -> Value {
    json!({ "id": id, "channel": "desk", "text": text, "pillar": "customer", "nps": 3,
        "person": { "customer_id": person, "email": format!("{person}@example.com") } })
}

async fn hear(world: &World, id: &str, person: &str, text: &str) {
    signal::submit(&world.ctx(), &said(id, person, text)).await.unwrap();
}

async fn take(world: &World, name: &str) -> (PathBuf, BackupNote) {
    let to = world.dir().join(name);
    let warehouse = world.dir().join("warehouse");
    let note = backup::take(&world.app.store, &warehouse, &to, "0.1.0", &*world.clock).await.unwrap();
    (to, note)
}

/// Lay a backup out where it will serve, and open it.
async fn restore(world: &World, from: &Path, name: &str) -> (PathBuf, App) {
    let note = backup::check(from).unwrap();
    let data = world.dir().join(name);
    let aside = backup::lay_out(from, &note, &data, false).unwrap();
    assert_eq!(backup::exchange(&aside, &data, world.app.now()).unwrap(), None);
    let app = open(world, &data.join(backup::DATABASE)).await;
    (data, app)
}

async fn open(world: &World, database: &Path) -> App {
    let store = Store::open(&format!("sqlite:{}", database.display())).await.unwrap();
    let settings = Settings { public_url: "http://127.0.0.1:8080".to_owned() };
    let clock = Arc::clone(&world.clock) as Arc<dyn peakend_domain::Clock>;
    let app = App::new(store, Arc::new(NaiveWarehouse::default()), clock, Arc::new(SeededEntropy::new(9)), settings);
    app.refill().await.unwrap();
    app
}

async fn sound(data: &Path) -> Soundness {
    backup::verify(data, Some(&data.join(backup::DATABASE))).await.unwrap()
}

fn faults(found: &Soundness) -> Vec<String> {
    found.files.iter().flat_map(|f| f.faults.iter().map(|fault| format!("{}: {fault}", f.path))).collect()
}

/// Names of files below a folder that hold the words.
fn holding(folder: &Path, words: &str) -> Vec<String> {
    let mut found = Vec::new();
    for path in folder.read_dir().unwrap().map(|f| f.unwrap().path()) {
        if path.is_dir() {
            found.extend(holding(&path, words));
        } else if fs::read(&path).unwrap().windows(words.len()).any(|w| w.eq_ignore_ascii_case(words.as_bytes())) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_holds_everything_acknowledged_before_it_was_begun() {
    let world = World::new().await;
    for n in 0..40 {
        hear(&world, &format!("before-{n}"), "c1", "a sentence that fills a page or two of the database").await;
    }
    world.pump().await;
    let segments = Segments::new(&world);
    segments.seal(1, 40, 40);
    let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let writers = (0..4).map(|w| {
        let (app, stop, acknowledged) = (Arc::clone(&world.app), Arc::clone(&stop), Arc::clone(&acknowledged));
        let actor = Actor::system(world.org.clone());
        tokio::spawn(async move {
            for n in 0.. {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let id = format!("load-{w}-{n}");
                signal::submit(&Ctx::new(&app, &actor), &said(&id, &format!("c{n}"), "under load")).await.unwrap();
                acknowledged.lock().unwrap().push(id);
                if n % 20 == 0 {
                    app.pump().await.unwrap();
                }
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let merging = {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            for number in 2.. {
                if stop.load(Ordering::Relaxed) {
                    return number;
                }
                segments.seal(number, 40, 40);
            }
            0
        })
    };
    let mut taken = Vec::new();
    for round in 0..3 {
        while acknowledged.lock().unwrap().len() < 100 * (round + 1) {
            tokio::task::yield_now().await;
        }
        let before: BTreeSet<String> = acknowledged.lock().unwrap().iter().cloned().collect();
        taken.push((take(&world, &format!("backup-{round}")).await.0, before));
    }
    stop.store(true, Ordering::Relaxed);
    futures::future::join_all(writers).await;
    assert!(merging.join().unwrap() > 10, "segments were merged meanwhile");
    for (round, (from, before)) in taken.into_iter().enumerate() {
        let (data, app) = restore(&world, &from, &format!("restored-{round}")).await;
        assert_eq!(faults(&sound(&data).await), Vec::<String>::new());
        let mut tx = app.store.read().await.unwrap();
        for id in before {
            let found = intake::find(&mut tx, &world.org, IntakeKind::Signal, &id).await.unwrap();
            assert!(found.is_some(), "{id} was acknowledged before the backup");
        }
    }
}

/// Flip one bit of a file for as long as `look` runs.
async fn flipped<T>(path: &Path, at: usize, bit: u8, look: impl AsyncFnOnce() -> T) -> T {
    let whole = fs::read(path).unwrap();
    let mut bytes = whole.clone();
    bytes[at] ^= 1 << bit;
    fs::write(path, &bytes).unwrap();
    let seen = look().await;
    fs::write(path, &whole).unwrap();
    seen
}

#[tokio::test]
async fn a_flipped_bit_in_any_file_of_a_backup_is_found_and_named() {
    let world = World::new().await;
    for n in 0..30 {
        hear(&world, &format!("s{n}"), &format!("c{n}"), "words").await;
    }
    world.pump().await;
    Segments::new(&world).seal(1, 30, 30);
    let (from, note) = take(&world, "backup").await;
    assert_eq!(note.files.len(), 4, "manifest, segment, companion, database: {note:?}");
    let mut paths: Vec<String> = note.files.iter().map(|f| f.path.clone()).collect();
    paths.push("backup.json".to_owned());
    for path in paths {
        let full = from.join(&path);
        let size = fs::read(&full).unwrap().len();
        for step in 0..12 {
            let at = (size - 1) * step / 11;
            let bit = u8::try_from(step % 8).unwrap();
            let seen = flipped(&full, at, bit, async || backup::check(&from)).await;
            let Err(Error::Refused { message, .. }) = seen else { panic!("{path}: bit {bit} of byte {at} passes") };
            assert!(message.contains(full.file_name().unwrap().to_str().unwrap()), "{message}");
        }
    }
    assert!(backup::check(&from).is_ok());
    fs::remove_file(from.join("warehouse/org-x/segments/codes-00000001.bin")).unwrap();
    let Err(Error::Refused { message, .. }) = backup::check(&from) else { panic!("a missing file passes") };
    assert!(message.contains("codes-00000001.bin is damaged: it is missing"), "{message}");
}

#[tokio::test]
async fn a_flipped_bit_in_the_data_folder_is_named_by_verify_store() {
    let world = World::new().await;
    for n in 0..200 {
        hear(&world, &format!("s{n}"), &format!("c{n}"), "a sentence of some length, so that there are pages").await;
    }
    world.pump().await;
    Segments::new(&world).seal(1, 200, 200);
    let (from, _) = take(&world, "backup").await;
    let (data, app) = restore(&world, &from, "data").await;
    app.store.close().await;
    let found = sound(&data).await;
    assert!(found.sound, "{:?}", faults(&found));
    let inside = data.join("warehouse/org-x");
    for file in ["manifest.json", "segments/voices-00000001.parquet", "segments/codes-00000001.bin"] {
        let path = inside.join(file);
        let middle = fs::read(&path).unwrap().len() / 2;
        let found = flipped(&path, middle, 3, async || sound(&data).await).await;
        assert!(!found.sound && faults(&found).concat().contains(path.to_str().unwrap()), "{file}: {found:?}");
    }
    let database = data.join(backup::DATABASE);
    let pages = fs::read(&database).unwrap().len() / 4096;
    for page in (0..pages).step_by(3) {
        let found = flipped(&database, page * 4096, 6, async || sound(&data).await).await;
        assert!(!found.sound && faults(&found).concat().contains("peakend.sqlite"), "page {page}: {found:?}");
    }
    // SQLite has no checksum of a text: the log and the voice tell on each other
    let bytes = fs::read(&database).unwrap();
    let words = b"a sentence of some length";
    let places: Vec<usize> =
        bytes.windows(words.len()).enumerate().filter(|(_, w)| w == words).map(|(at, _)| at).collect();
    assert!(places.len() >= 400, "each voice and each entry has the words");
    for at in places.into_iter().step_by(37) {
        let found = flipped(&database, at, 0, async || sound(&data).await).await;
        assert!(faults(&found).concat().contains("says something else than position"), "byte {at}: {found:?}");
    }
    // rows that a segment lost without its manifest knowing
    fs::remove_dir_all(&inside).unwrap();
    let world = Segments { folder: inside, org: world.org.to_string() };
    fs::create_dir_all(world.folder.join("segments")).unwrap();
    world.seal(1, 199, 200);
    let found = faults(&sound(&data).await);
    assert!(found[0].ends_with("it counts 199 voices, the database 200 up to the same position"), "{found:?}");
}

#[tokio::test]
async fn restoring_refuses_what_is_occupied_in_use_or_no_backup() {
    let world = World::new().await;
    hear(&world, "s1", "c1", "words").await;
    let (from, note) = take(&world, "backup").await;
    let again = backup::take(&world.app.store, &world.dir().join("warehouse"), &from, "0.1.0", &*world.clock).await;
    assert!(matches!(again, Err(Error::Refused { code: "target_not_empty", .. })));
    assert!(matches!(backup::check(&world.dir().join("nowhere")), Err(Error::Refused { code: "no_backup", .. })));
    let data = world.dir().join("data");
    fs::create_dir_all(data.join("warehouse")).unwrap();
    fs::write(data.join("kept.txt"), "precious").unwrap();
    let occupied = backup::lay_out(&from, &note, &data, false);
    assert!(matches!(occupied, Err(Error::Refused { code: "target_not_empty", .. })));
    let lock = fs::File::create(data.join("warehouse/lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(backup::lay_out(&from, &note, &data, true), Err(Error::Refused { code: "data_in_use", .. })));
    drop(lock);
    let aside = backup::lay_out(&from, &note, &data, true).unwrap();
    let former = backup::exchange(&aside, &data, world.app.now()).unwrap().unwrap();
    assert_eq!(fs::read_to_string(former.join("kept.txt")).unwrap(), "precious");
    assert!(data.join(backup::DATABASE).is_file() && !aside.exists());
}

async fn person(app: &App, org: &OrgId, name: &str) -> Result<PersonId, Error> {
    erasure::named(&Ctx::new(app, &Actor::system(org.clone())), None, name).await
}

async fn rows(app: &App, org: &OrgId) -> u64 {
    let list = VoiceList {
        org: org.to_string(),
        period: DayRange { from: 0, to: 100_000 },
        filter: Filter::All,
        order: VoiceOrder::Newest,
        offset: 0,
        limit: 1,
    };
    app.warehouse.voices(&list).await.unwrap().total
}

#[tokio::test]
async fn an_older_backup_is_cleaned_of_who_was_erased_since() {
    let world = World::new().await;
    hear(&world, "s1", "canary-1", "canary-1 complains").await;
    hear(&world, "s2", "sparrow-2", "sparrow-2 is content").await;
    world.pump().await;
    // accepted before the backup, taken in only after it: in the backup its person is known by name alone
    hear(&world, "s3", "canary-1", "canary-1 once more").await;
    hear(&world, "s4", "canary-4", "canary-4 is new").await;
    let (from, note) = take(&world, "backup").await;
    world.pump().await;
    world.advance(SignedDuration::from_hours(1));
    for name in ["canary-1", "canary-4"] {
        let id = person(&world.app, &world.org, name).await.unwrap();
        erasure::erase(&world.ctx(), &id, ErasureReason::Asked).await.unwrap();
    }
    world.app.run_jobs(world.app.now()).await.unwrap();
    let list = erasure::export(&world.app.store, world.app.now()).await.unwrap();
    assert_eq!(list.len(), 2);
    let file = serde_json::to_string(&list).unwrap();
    assert!(!file.contains("canary"), "names leave as hashes only");
    let list = erasure::ErasureList::parse(&file).unwrap();

    let (data, app) = restore(&world, &from, "data").await;
    assert!(!holding(&data, "canary").is_empty(), "the backup is older than the erasure");
    assert_eq!(erasure::replay(&app, &list, note.begun_at).await.unwrap(), 2);
    assert_eq!(holding(&data, "canary"), Vec::<String>::new());
    app.pump().await.unwrap();
    assert_eq!(rows(&app, &world.org).await, 1, "only the other person's voice is counted");
    assert!(person(&app, &world.org, "sparrow-2").await.is_ok());
    for name in ["canary-1", "canary-4"] {
        assert!(matches!(person(&app, &world.org, name).await, Err(Error::NotFound("person"))));
    }
    assert_eq!(erasure::replay(&app, &list, world.app.now()).await.unwrap(), 2, "done at or after that instant: again");
    world.advance(SignedDuration::from_hours(1));
    assert_eq!(erasure::replay(&app, &list, world.app.now()).await.unwrap(), 0, "all done before");
}

#[tokio::test]
async fn an_erasure_that_broke_off_is_finished_after_the_restart() {
    let world = World::new().await;
    hear(&world, "s1", "canary-1", "canary-1 complains").await;
    world.pump().await;
    let id = person(&world.app, &world.org, "canary-1@example.com").await.unwrap();
    let erased = erasure::erase(&world.ctx(), &id, ErasureReason::Unlawful).await.unwrap();
    assert_eq!((erased.counts.voices, erased.state.name()), (1, "requested"));
    // nothing ran since: another process opens the same files
    world.app.store.close().await;
    let app = open(&world, &world.dir().join("world.sqlite")).await;
    assert_eq!(app.run_jobs(world.app.now()).await.unwrap(), 1);
    let actor = Actor::system(world.org.clone());
    let page = erasure::list(&Ctx::new(&app, &actor), "", 10).await.unwrap();
    assert_eq!((page.total, page.items[0].state.name(), page.items[0].counts.voices), (1, "done", 1));
    assert_eq!(holding(world.dir(), "canary"), Vec::<String>::new());
}
