//! A folder for one test, and the processes that live in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A new folder below the system's folder for temporary files; gone when this is dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        let made = nix::unistd::mkdtemp(&std::env::temp_dir().join("e2e-XXXXXX")).unwrap();
        Folder(made.canonicalize().unwrap())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A path in it, as text.
    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Write a file in it; its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.0.join(name), text).unwrap();
        self.file(name)
    }

    /// The names in it.
    pub fn names(&self) -> Vec<String> {
        let all = fs::read_dir(&self.0).unwrap();
        all.map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned()).collect()
    }

    /// The living processes that work in it or in a folder of it: a stage's warden and its processes work in their
    /// scratch folder, a removed one too.
    pub fn inhabitants(&self) -> Vec<i32> {
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
            // A zombie has no working directory any more.
            let Ok(cwd) = fs::read_link(entry.path().join("cwd")) else { continue };
            if cwd.starts_with(&self.0) {
                found.push(pid);
            }
        }
        found
    }

    /// Wait until nobody lives in it.
    pub fn wait_until_deserted(&self) {
        let end = Instant::now() + Duration::from_secs(120);
        loop {
            let living = self.inhabitants();
            if living.is_empty() {
                return;
            }
            assert!(Instant::now() < end, "these survive: {living:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Wait until nobody lives in it and nothing is in it.
    pub fn wait_until_empty(&self) {
        self.wait_until_deserted();
        let end = Instant::now() + Duration::from_secs(120);
        while !self.names().is_empty() {
            assert!(Instant::now() < end, "these are left: {:?}", self.names());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
