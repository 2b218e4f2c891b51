//! Writes segments: whole under another name first, then at their end. Blocks; an owner has a
//! thread for it.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use abide_core::{id::Generation, probe::Probe};

use super::{
    UNFINISHED,
    record::{HEADER_BYTES, Record, SegmentId},
    segment_name, sequence_in,
};
use crate::sys;

/// Bytes gathered before the file system is called.
const BUFFER_BYTES: usize = 16 * 1024;

/// The journal of one start, for the one who writes it.
#[derive(Debug)]
pub(crate) struct Segments {
    dir: PathBuf,
    generation: Generation,
    /// The number of the next one; unknown until the first is begun.
    next: Option<u64>,
    current: Option<Current>,
    probe: Arc<dyn Probe>,
}

/// The segment that is written at its end.
#[derive(Debug)]
struct Current {
    id: SegmentId,
    file: File,
    len: u64,
}

impl Segments {
    pub(crate) fn new(dir: PathBuf, generation: Generation, probe: Arc<dyn Probe>) -> Self {
        Self {
            dir,
            generation,
            next: None,
            current: None,
            probe,
        }
    }

    /// Begins a segment and, once it is whole and on the disk, takes the earlier ones away.
    ///
    /// After an error what was there before is still there.
    pub(crate) fn begin(&mut self, checkpoint: &Record) -> io::Result<()> {
        self.current = None;
        self.probe.reached("journal.begin");
        self.make_dir()?;
        // An owner that joins a session goes on where the one before it left off: what is newest,
        // the number says.
        let sequence = self.next.unwrap_or_else(|| self.last() + 1);
        self.next = Some(sequence + 1);
        let id = SegmentId {
            generation: self.generation,
            sequence,
        };
        let name = segment_name(id.sequence);
        let unfinished = self.dir.join(&name).with_extension(UNFINISHED);
        // Left by an owner that was killed.
        let _ = fs::remove_file(&unfinished);
        let made = self.make(id, checkpoint, &unfinished, &name);
        match made {
            Ok(current) => {
                self.current = Some(current);
                self.remove_others(&name);
                Ok(())
            }
            Err(err) => {
                let _ = fs::remove_file(&unfinished);
                Err(err)
            }
        }
    }

    /// Returns the number of the newest segment that is there; zero if none is.
    fn last(&self) -> u64 {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let numbers = entries.filter_map(|entry| sequence_in(entry.file_name().to_str()?));
        numbers.max().unwrap_or(0)
    }

    fn make(
        &self,
        id: SegmentId,
        checkpoint: &Record,
        unfinished: &Path,
        name: &str,
    ) -> io::Result<Current> {
        let file = sys::files::create_private_file(unfinished)?;
        let mut current = Current {
            id,
            file,
            len: HEADER_BYTES as u64,
        };
        (&current.file).write_all(&id.header())?;
        current.append(std::slice::from_ref(checkpoint))?;
        self.probe.reached("journal.whole");
        fs::rename(unfinished, self.dir.join(name))?;
        sys::files::sync_dir(&self.dir)?;
        self.probe.reached("journal.replaced");
        Ok(current)
    }

    /// Writes records at the end of the segment that was begun last.
    ///
    /// After an error the next thing written must be a new segment.
    pub(crate) fn append(&mut self, records: &[Record]) -> io::Result<()> {
        let Some(mut current) = self.current.take() else {
            return Err(io::Error::other("no segment was begun"));
        };
        current.append(records)?;
        self.current = Some(current);
        Ok(())
    }

    /// Takes the journal away.
    pub(crate) fn remove(&mut self) -> io::Result<()> {
        self.current = None;
        match fs::remove_dir_all(&self.dir) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => Err(err),
            _ => Ok(()),
        }
    }

    fn make_dir(&self) -> io::Result<()> {
        if self.dir.is_dir() {
            return sys::files::check_private_dir(&self.dir);
        }
        // A session that somebody removed by hand stays removed.
        if !self.dir.parent().is_some_and(Path::is_dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        sys::files::create_private_dir(&self.dir)?;
        // The directories above may be as new: the session's, and the one of all sessions.
        for above in self.dir.ancestors().skip(1).take(2) {
            sys::files::sync_dir(above)?;
        }
        Ok(())
    }

    /// Removes what a newer segment replaced. What cannot be removed is tried again by the next.
    fn remove_others(&self, name: &str) {
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            if entry.file_name() != *name {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

impl Current {
    fn append(&mut self, records: &[Record]) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(BUFFER_BYTES, &self.file);
        for record in records {
            record.write(&self.id, self.len, &mut out)?;
            self.len += record.len();
        }
        out.flush()?;
        drop(out);
        self.file.sync_data()
    }
}

#[cfg(test)]
mod tests;
