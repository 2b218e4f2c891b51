//! The memory of a model, counted by the allocator: it is bounded whatever is printed.
//!
//! A program of its own, because nothing else may allocate meanwhile.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
};

use abide_core::size::TermSize;
use abide_screen::{ScreenLimits, ScreenModel};

#[path = "it/floods.rs"]
mod floods;

/// Output of each kind, in bytes.
const AMOUNT: usize = if cfg!(debug_assertions) {
    12_000_000
} else {
    100_000_000
};

/// What a cell of a page takes, in bytes.
const CELL: usize = 24;

/// What a model needs beside its limits and its page: parser, modes, buffers for one row.
const FIXED: usize = 96 * 1024;

/// What the parser asks for to hold synchronized updates back. None is held back here, so this is
/// address space that is never written to, and so never memory.
const NEVER_TOUCHED: usize = 2 * 1024 * 1024;

struct Counting;

fn counted(layout: Layout) -> usize {
    match layout.size() {
        NEVER_TOUCHED => 0,
        size => size,
    }
}

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let size = counted(layout);
        let now = NOW.fetch_add(size, Ordering::Relaxed) + size;
        MOST.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(counted(layout), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`, and all memory is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Returns what a model of `size` takes at most, and in the end, while it is fed `piece`s.
fn measured(size: TermSize, piece: &[u8]) -> (usize, usize) {
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let mut model = ScreenModel::new(size, ScreenLimits::default());
    // Longer than a read, so that the pieces of a flood come cut anywhere.
    for _ in 0..AMOUNT / piece.len() {
        piece.chunks(5000).for_each(|chunk| model.feed(chunk));
    }
    model.title();
    let (most, now) = (MOST.load(Ordering::Relaxed), NOW.load(Ordering::Relaxed));
    (most - before, now - before)
}

/// proves O18
#[test]
fn memory_is_bounded_whatever_is_printed() {
    for cols in [80, 1000] {
        let size = TermSize::clamped(24, cols);
        let page = 24 * usize::from(cols) * CELL;
        let bound = ScreenLimits::default().bytes * 11 / 10 + page + FIXED;
        for (name, piece) in floods::all() {
            let (most, now) = measured(size, &piece);
            println!("{name} at {cols} columns: {most} of {bound} bytes, {now} left");
            assert!(most <= bound, "{name} at {cols} columns: {most} > {bound}");
        }
    }
    let before = NOW.load(Ordering::Relaxed);
    let mut idle = ScreenModel::new(TermSize::clamped(24, 80), ScreenLimits::default());
    idle.feed(b"$ ");
    idle.discard_answers();
    let idle = NOW.load(Ordering::Relaxed) - before;
    println!("idle: {idle} bytes");
    assert!(idle <= 24 * 80 * CELL + 32 * 1024, "{idle}");
}
