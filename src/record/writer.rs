//! A cast on its way into a file.

use super::cast::Encoder;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a recording cannot be made or go on; the text names the file and the way out.
#[derive(Debug, thiserror::Error)]
pub enum CastError {
    /// There is a file of that name, and nobody said that it may be replaced.
    #[error("{} exists already: give another name, or --force to replace it", .0.display())]
    Exists(PathBuf),
    /// The file cannot be created.
    #[error("cannot create {}: {why}", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// In plain words.
        why: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The file cannot be written any further; what it holds is a valid cast up to here.
    #[error("the recording {} stopped: {why}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// In plain words.
        why: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// An earlier event could not be written, so that this one was not tried.
    #[error("the recording {} has stopped", .0.display())]
    Stopped(PathBuf),
}

/// Writes a cast, each event as one whole line with one `write(2)`.
///
/// Nothing is held back in memory: what was recorded so far is a valid cast even after `kill -9`.
#[derive(Debug)]
pub struct CastWriter {
    file: File,
    path: PathBuf,
    encoder: Encoder,
    /// Length of the whole lines written so far.
    good: u64,
    stopped: bool,
}

impl CastWriter {
    /// Create the file and write the header. An existing file is replaced only where `replace` says so.
    pub fn create(path: &Path, replace: bool, encoder: Encoder) -> Result<CastWriter, CastError> {
        let mut options = OpenOptions::new();
        options.write(true);
        if replace {
            options.create(true).truncate(true)
        } else {
            options.create_new(true)
        };
        let file = options.open(path).map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => CastError::Exists(path.to_owned()),
            _ => CastError::Create { path: path.to_owned(), why: why_not_created(path, &source), source },
        })?;
        let header = encoder.header();
        let mut writer = CastWriter { file, path: path.to_owned(), encoder, good: 0, stopped: false };
        writer.line(&header)?;
        Ok(writer)
    }

    /// Where it goes.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Columns and rows that the header gives.
    pub fn size(&self) -> (u16, u16) {
        self.encoder.size()
    }

    /// Bytes for the terminal; nothing is written for no bytes.
    pub fn output(&mut self, at: Duration, text: &str) -> Result<(), CastError> {
        if text.is_empty() {
            return Ok(());
        }
        let line = self.encoder.output(at, text);
        self.line(&line)
    }

    /// A place that players can jump to.
    pub fn marker(&mut self, at: Duration, label: &str) -> Result<(), CastError> {
        let line = self.encoder.marker(at, label);
        self.line(&line)
    }

    /// The terminal has another size.
    pub fn resize(&mut self, at: Duration, cols: u16, rows: u16) -> Result<(), CastError> {
        let line = self.encoder.resize(at, cols, rows);
        self.line(&line)
    }

    /// The program ended with this status; in version 2, which cannot say so, nothing is written.
    pub fn exit(&mut self, at: Duration, status: i32) -> Result<(), CastError> {
        match self.encoder.exit(at, status) {
            Some(line) => self.line(&line),
            None => Ok(()),
        }
    }

    fn line(&mut self, line: &str) -> Result<(), CastError> {
        if self.stopped {
            return Err(CastError::Stopped(self.path.clone()));
        }
        match whole(&mut self.file, line.as_bytes()) {
            Ok(()) => self.good += line.len() as u64,
            Err(source) => {
                self.stopped = true;
                // Take back the part of a line that a full disk let through; a FIFO or a device cannot, and need not.
                let _ = self.file.set_len(self.good);
                let why = in_words(&source);
                return Err(CastError::Write { path: self.path.clone(), why, source });
            }
        }
        Ok(())
    }
}

/// Write all of it, in one call unless the kernel takes it in parts.
fn whole(to: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

fn why_not_created(path: &Path, error: &io::Error) -> String {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match error.kind() {
        ErrorKind::NotFound => format!("there is no folder {}", folder.display()),
        ErrorKind::IsADirectory => "it is a folder: give a file's name".into(),
        ErrorKind::PermissionDenied => format!("you may not write in {}", folder.display()),
        _ => in_words(error),
    }
}

fn in_words(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull => "no space is left on the disk".into(),
        ErrorKind::QuotaExceeded => "your disk quota is used up".into(),
        ErrorKind::BrokenPipe => "nobody reads it any more".into(),
        // Without the "(os error 28)" that std appends.
        _ => match error.raw_os_error() {
            Some(n) => nix::errno::Errno::from_raw(n).desc().to_lowercase(),
            None => error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests;
