//! Makes sure the folder of the built UI exists, so that checks and tests of
//! this crate do not need Node.
fn main() {
    let dist = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/dist");
    if !dist.exists() {
        // the embedded UI is then empty and says so
        let _made = std::fs::create_dir_all(&dist);
    }
    println!("cargo::rerun-if-changed=../../ui/dist");
    println!("cargo::rerun-if-changed=build.rs");
}
