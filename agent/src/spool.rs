//! What waits on disk? Flushes that the service could not take, across restarts, in the order they were made.
//!
//! One file per flush, so that nothing that is being read is ever written: `<number>.flush` appears by a
//! rename when it is whole, and goes when its flush was settled. A file that says something else than its
//! checksum is skipped and counted.

use std::collections::VecDeque;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_128;

use crate::encoding::Protocol;
use crate::flush::Flush;

/// File: magic with the protocol, samples and body's length as u32, checksum of these and the body, body.
const MAGIC: [(Protocol, [u8; 4]); 2] = [(Protocol::V1, *b"TBF1"), (Protocol::V2, *b"TBF2")];
const HEADER_BYTES: usize = 12;
const CHECKSUM_BYTES: usize = 16;
const INCOMING: &str = "incoming.tmp";

/// Why a directory can't hold a spool.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Two agents would send and remove each other's flushes.
    #[error("{0} is in use by another agent")]
    InUse(PathBuf),
    /// The directory can't be made or read.
    #[error("{path}: {source}")]
    Directory {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What became of one more flush.
#[derive(Debug)]
pub struct Append {
    /// How many old flushes had to go for it, also where it could not be written in the end.
    pub dropped: u64,
    /// Whether it is on disk, whole.
    pub kept: io::Result<()>,
}

/// Flushes on disk, oldest first.
pub struct Spool {
    directory: PathBuf,
    limit_bytes: u64,
    waiting: VecDeque<Waiting>,
    bytes: u64,
    next_number: u64,
    /// Released by the kernel however the process ends.
    _lock: File,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    number: u64,
    bytes: u64,
}

impl Spool {
    /// Takes over what an earlier run left in `directory`; holds at most `limit_bytes`.
    pub fn open(directory: &Path, limit_bytes: u64) -> Result<Self, SpoolError> {
        let failed = |source| SpoolError::Directory {
            path: directory.to_owned(),
            source,
        };
        std::fs::create_dir_all(directory).map_err(failed)?;
        let lock = File::create(directory.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SpoolError::InUse(directory.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let _ = std::fs::remove_file(directory.join(INCOMING));
        let mut waiting = left_behind(directory).map_err(failed)?;
        waiting.sort_unstable_by_key(|one| one.number);
        Ok(Self {
            directory: directory.to_owned(),
            limit_bytes,
            bytes: waiting.iter().map(|one| one.bytes).sum(),
            next_number: waiting.last().map_or(0, |one| one.number.saturating_add(1)),
            waiting: waiting.into(),
            _lock: lock,
        })
    }

    /// Adds the newest flush, whole or not at all; old ones go for it where the bound asks for that.
    pub fn append(&mut self, flush: &Flush) -> Append {
        let mut dropped = 0;
        let kept = content(flush).and_then(|content| {
            let bytes = content.len() as u64;
            while self.bytes + bytes > self.limit_bytes && !self.waiting.is_empty() {
                self.remove_oldest();
                dropped += 1;
            }
            self.put(&content)
        });
        Append { dropped, kept }
    }

    fn put(&mut self, content: &[u8]) -> io::Result<()> {
        let incoming = self.directory.join(INCOMING);
        let number = self.next_number;
        let kept =
            write(&incoming, content).and_then(|()| std::fs::rename(&incoming, self.path(number)));
        if let Err(error) = kept {
            let _ = std::fs::remove_file(&incoming);
            return Err(error);
        }
        // Without this a power cut may forget the name; the flush is whole either way.
        let _ = File::open(&self.directory).and_then(|directory| directory.sync_all());
        let bytes = content.len() as u64;
        self.next_number += 1;
        self.bytes += bytes;
        self.waiting.push_back(Waiting { number, bytes });
        Ok(())
    }

    /// The oldest flush that can be read, which stays; and how many unreadable ones before it are gone now.
    pub fn oldest(&mut self) -> (Option<Flush>, u64) {
        let mut corrupt = 0;
        while let Some(first) = self.waiting.front() {
            let content = std::fs::read(self.path(first.number)).unwrap_or_default();
            if let Some(flush) = flush_of(&content) {
                return (Some(flush), corrupt);
            }
            self.remove_oldest();
            corrupt += 1;
        }
        (None, corrupt)
    }

    /// Forgets the oldest flush. One that can't be removed comes again after a restart, which is harmless:
    /// the service takes the same body twice as once.
    pub fn remove_oldest(&mut self) {
        if let Some(first) = self.waiting.pop_front() {
            self.bytes -= first.bytes;
            let _ = std::fs::remove_file(self.path(first.number));
        }
    }

    /// How many flushes wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The size of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn path(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{number:020}.flush"))
    }
}

fn left_behind(directory: &Path) -> io::Result<Vec<Waiting>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| {
            let digits = name.strip_suffix(".flush")?;
            // As `path` writes it; any other name is not ours.
            (digits.len() == 20).then(|| digits.parse().ok())?
        });
        if let Some(number) = number {
            let bytes = entry.metadata()?.len();
            found.push(Waiting { number, bytes });
        }
    }
    Ok(found)
}

fn content(flush: &Flush) -> io::Result<Vec<u8>> {
    let field = |count: usize| u32::try_from(count).map_err(io::Error::other);
    let mut content = Vec::with_capacity(HEADER_BYTES + CHECKSUM_BYTES + flush.body.len());
    let magic = MAGIC
        .iter()
        .find(|(protocol, _)| *protocol == flush.protocol);
    content.extend(magic.iter().flat_map(|(_, magic)| magic));
    content.extend_from_slice(&field(flush.samples)?.to_le_bytes());
    content.extend_from_slice(&field(flush.body.len())?.to_le_bytes());
    content.extend_from_slice(&checksum(&content, &flush.body));
    content.extend_from_slice(&flush.body);
    Ok(content)
}

fn flush_of(content: &[u8]) -> Option<Flush> {
    let (header, rest) = content.split_at_checked(HEADER_BYTES)?;
    let (sum, body) = rest.split_at_checked(CHECKSUM_BYTES)?;
    let (magic, counts) = header.split_at_checked(4)?;
    let (samples, length) = counts.split_at_checked(4)?;
    let number = |bytes: &[u8]| Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize);
    let (protocol, _) = MAGIC.iter().find(|(_, known)| known == magic)?;
    let whole = number(length)? == body.len() && sum == checksum(header, body);
    let samples = number(samples)?;
    whole.then(|| Flush {
        body: body.to_owned(),
        samples,
        protocol: *protocol,
    })
}

fn checksum(header: &[u8], body: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let of_header = xxh3_128(header).to_le_bytes();
    let of_body = xxh3_128(body).to_le_bytes();
    xxh3_128(&[of_header, of_body].concat()).to_le_bytes()
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_data()
}
