use super::super::{Meta, Version};
use super::*;
use std::fs;

/// A folder that is removed at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("pipescope-writer-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn encoder() -> Encoder {
    Encoder::new(Version::V3, 80, 24, Meta::default())
}

#[test]
fn every_event_is_in_the_file_at_once_and_every_cut_is_valid() {
    let folder = Folder::new("events");
    let path = folder.0.join("a.cast");
    let mut cast = CastWriter::create(&path, false, encoder()).unwrap();
    let second = Duration::from_secs(1);
    type Act = fn(&mut CastWriter, Duration) -> Result<(), CastError>;
    let acts: [Act; 4] = [
        |c, at| c.output(at, "\x1b[2Jé\u{1F600}\n"),
        |c, at| c.marker(at, "1 parent: pipe()"),
        |c, at| c.resize(at, 120, 36),
        |c, at| c.exit(at, 0),
    ];
    for (n, act) in acts.iter().enumerate() {
        act(&mut cast, second).unwrap();
        // Read while the writer is open, as after a kill -9.
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.ends_with('\n'));
        assert_eq!(text.lines().count(), n + 2);
        for line in text.lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }
    cast.output(second, "").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 5, "no bytes, no event");
}

#[test]
fn an_existing_file_is_replaced_only_when_told() {
    let folder = Folder::new("exists");
    let path = folder.0.join("a.cast");
    fs::write(&path, "precious ".repeat(100)).unwrap();
    let error = CastWriter::create(&path, false, encoder()).unwrap_err();
    assert!(matches!(error, CastError::Exists(_)));
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    assert!(fs::read_to_string(&path).unwrap().starts_with("precious"));
    CastWriter::create(&path, true, encoder()).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), encoder().header());
}

#[test]
fn errors_name_the_place() {
    let folder = Folder::new("errors");
    let missing = folder.0.join("none/a.cast");
    let error = CastWriter::create(&missing, false, encoder()).unwrap_err().to_string();
    assert!(error.contains("there is no folder") && error.contains("none"), "{error}");
    let error = CastWriter::create(&folder.0, true, encoder()).unwrap_err().to_string();
    assert!(error.contains("it is a folder"), "{error}");
}

#[test]
fn a_full_disk_is_an_error_and_ends_the_recording() {
    let path = Path::new("/dev/full");
    let error = CastWriter::create(path, true, encoder()).unwrap_err();
    assert_eq!(error.to_string(), "the recording /dev/full stopped: no space is left on the disk");
    // The same once the header is written.
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let mut cast = CastWriter { file, path: path.into(), encoder: encoder(), good: 0, stopped: false };
    assert!(matches!(cast.output(Duration::ZERO, "x"), Err(CastError::Write { .. })));
    assert!(matches!(cast.output(Duration::ZERO, "x"), Err(CastError::Stopped(_))));
}

#[test]
fn a_line_taken_in_parts_arrives_whole() {
    struct Slow(Vec<u8>, bool);
    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(ErrorKind::Interrupted.into());
            }
            self.0.extend(bytes.iter().take(3));
            Ok(bytes.len().min(3))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut slow = Slow(Vec::new(), false);
    whole(&mut slow, b"a line of a cast\n").unwrap();
    assert_eq!(slow.0, b"a line of a cast\n");
}
