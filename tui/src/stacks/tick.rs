//! Samples of running threads: a timer per thread on the processor time of that thread, and a
//! signal handler that keeps the registers and a piece of the stack. Nothing is unwound or looked
//! up here: the handler allocates nothing, locks nothing and follows no pointer of the stack.
//!
//! A timer on processor time never fires in a thread that sleeps, so waits of a map are not
//! interrupted; the one signal that catches a thread on its way to sleep restarts the wait
//! (`SA_RESTART`), as it does after any spurious wake-up.

#![expect(unsafe_code, reason = "a signal handler is given pointers, and is set by an unsafe call")]

use std::fs;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc::{c_int, c_void, siginfo_t, ucontext_t};
use nix::sys::signal::{
    SaFlags, SigAction, SigEvent, SigHandler, SigSet, SigevNotify, Signal, sigaction,
};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::getpid;

/// Memory for samples: taken from the system when it is first written to, so a worker that never
/// samples pays nothing for it. Words of 8 bytes.
const MEMORY_WORDS: usize = 2 << 20;
/// Registers before the piece of stack: thread, pc, sp, fp, lr, and how much stack was read.
const HEADER_WORDS: usize = 6;
/// Most stack that is kept of one sample.
const MOST_STACK_BYTES: usize = 32 << 10;
const PAGE_BYTES: usize = 4 << 10;
/// Pages that a piece of stack can touch.
const PAGES: usize = MOST_STACK_BYTES / PAGE_BYTES + 1;
/// Processor time between two samples of a thread. Most kernels tick less often, and then give
/// one sample a tick.
const PERIOD: Duration = Duration::from_millis(1);

static MEMORY: [AtomicU64; MEMORY_WORDS] = [const { AtomicU64::new(0) }; MEMORY_WORDS];
/// Samples that fit, and the words of each.
static SLOTS: AtomicUsize = AtomicUsize::new(0);
static SLOT_WORDS: AtomicUsize = AtomicUsize::new(0);
/// Samples taken, those without room included.
static TAKEN: AtomicUsize = AtomicUsize::new(0);
static ENABLED: AtomicBool = AtomicBool::new(false);
/// Handlers that run now.
static INSIDE: AtomicUsize = AtomicUsize::new(0);
/// Held while somebody samples: the memory is one for the process.
static SAMPLING: Mutex<()> = Mutex::new(());

/// One sample as the handler left it.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// Position of the thread among those that were asked for.
    pub(super) thread: usize,
    pub(super) registers: Registers,
    /// The stack from [`Registers::sp`] on.
    pub(super) stack: Vec<u64>,
}

/// What unwinding starts from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Registers {
    pub(super) pc: u64,
    pub(super) sp: u64,
    pub(super) fp: u64,
    /// The link register; 0 where the processor has none.
    pub(super) lr: u64,
}

/// What a sampling found.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) taken: Vec<Sample>,
    /// Samples for which there was no room.
    pub(super) lost: u64,
    /// Processor time of the threads meanwhile. Nanoseconds.
    pub(super) cpu_ns: u64,
}

/// Timers that tick. Dropped, they stop and the samples are forgotten.
#[derive(Debug)]
pub(super) struct Ticking {
    timers: Vec<Timer>,
    clocks: Vec<ClockId>,
    cpu_before_ns: u64,
    #[expect(dead_code, reason = "held for its drop")]
    alone: std::sync::MutexGuard<'static, ()>,
}

/// Starts to sample the threads of these ids; `expected` is how many samples there may be.
pub(super) fn start(threads: &[i32], expected: usize) -> io::Result<Ticking> {
    let alone = SAMPLING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let words = MEMORY_WORDS / expected.max(1);
    let slot_words = words.clamp(HEADER_WORDS + 256, HEADER_WORDS + MOST_STACK_BYTES / 8);
    SLOT_WORDS.store(slot_words, Ordering::Relaxed);
    SLOTS.store(MEMORY_WORDS / slot_words, Ordering::Relaxed);
    TAKEN.store(0, Ordering::Relaxed);
    let action =
        SigAction::new(SigHandler::SigAction(on_tick), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: `on_tick` is safe to run at any instruction: see there. It stays installed for the
    // life of the process, so that a late signal finds it.
    unsafe { sigaction(Signal::SIGPROF, &action) }?;
    let clocks: Vec<ClockId> = threads.iter().map(|&id| cpu_clock(id)).collect();
    let mut ticking = Ticking { timers: Vec::new(), cpu_before_ns: cpu_ns(&clocks), clocks, alone };
    ENABLED.store(true, Ordering::SeqCst);
    for (number, (&thread_id, &clock)) in threads.iter().zip(&ticking.clocks).enumerate() {
        let notify = SigevNotify::SigevThreadId {
            signal: Signal::SIGPROF,
            thread_id,
            si_value: number.cast_signed(),
        };
        let mut timer = Timer::new(clock, SigEvent::new(notify))?;
        timer.set(Expiration::Interval(PERIOD.into()), TimerSetTimeFlags::empty())?;
        ticking.timers.push(timer);
    }
    Ok(ticking)
}

impl Ticking {
    /// Stops, and hands over what was found.
    pub(super) fn stop(mut self) -> Samples {
        self.silence();
        let taken = TAKEN.load(Ordering::SeqCst);
        let (slots, words) = (SLOTS.load(Ordering::Relaxed), SLOT_WORDS.load(Ordering::Relaxed));
        let kept = taken.min(slots);
        let cpu_ns = cpu_ns(&self.clocks).saturating_sub(self.cpu_before_ns);
        Samples {
            taken: (0..kept).map(|slot| read_slot(&MEMORY[slot * words..][..words])).collect(),
            lost: (taken - kept) as u64,
            cpu_ns,
        }
    }

    /// Returns when no handler will touch the memory any more.
    fn silence(&mut self) {
        self.timers.clear();
        ENABLED.store(false, Ordering::SeqCst);
        while INSIDE.load(Ordering::SeqCst) > 0 {
            std::thread::yield_now();
        }
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.silence();
    }
}

/// The threads of this process with a name that begins so, by what follows.
pub(super) fn threads_named(prefix: &str) -> io::Result<Vec<(u32, i32)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc/self/task")? {
        let entry = entry?;
        let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        let number = name.trim().strip_prefix(prefix).and_then(|number| number.parse().ok());
        let id = entry.file_name().to_str().and_then(|id| id.parse().ok());
        found.extend(number.zip(id));
    }
    found.sort_unstable();
    Ok(found)
}

/// The clock of a thread's processor time, as Linux numbers them
/// (`include/linux/posix-timers_types.h`: the complement of the id, per thread, scheduler clock).
fn cpu_clock(thread_id: i32) -> ClockId {
    const PER_THREAD_SCHED: i32 = 4 | 2;
    ClockId::from_raw((!thread_id << 3) | PER_THREAD_SCHED)
}

fn cpu_ns(clocks: &[ClockId]) -> u64 {
    // A thread that has ended used no more.
    let used =
        |&clock: &ClockId| clock_gettime(clock).map_or(0, |time| Duration::from(time).as_nanos());
    clocks.iter().map(used).sum::<u128>() as u64
}

fn read_slot(slot: &[AtomicU64]) -> Sample {
    let word = |at: usize| slot[at].load(Ordering::Relaxed);
    let stack = &slot[HEADER_WORDS..];
    let read = (word(5) as usize / 8).min(stack.len());
    Sample {
        thread: word(0) as usize,
        registers: Registers { pc: word(1), sp: word(2), fp: word(3), lr: word(4) },
        stack: stack[..read].iter().map(|word| word.load(Ordering::Relaxed)).collect(),
    }
}

/// The handler. Async-signal-safe: atomics, two system calls, and the pointers that the kernel
/// gives it.
extern "C" fn on_tick(_signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let errno = Errno::last_raw();
    INSIDE.fetch_add(1, Ordering::SeqCst);
    if ENABLED.load(Ordering::SeqCst) {
        // SAFETY: the kernel gives a handler that was set with `SA_SIGINFO` a valid `siginfo_t`,
        // of a timer here, and the interrupted thread's `ucontext_t`, for as long as it runs.
        let (thread, registers) = unsafe {
            let thread = (*info).si_value().sival_ptr as usize;
            (thread, registers_of(&*context.cast::<ucontext_t>()))
        };
        keep(thread, registers);
    }
    INSIDE.fetch_sub(1, Ordering::SeqCst);
    Errno::set_raw(errno);
}

fn keep(thread: usize, registers: Registers) {
    let words = SLOT_WORDS.load(Ordering::Relaxed);
    let number = TAKEN.fetch_add(1, Ordering::SeqCst);
    if number >= SLOTS.load(Ordering::Relaxed) {
        return;
    }
    let slot = &MEMORY[number * words..][..words];
    let read = read_stack(registers.sp as usize, &slot[HEADER_WORDS..]);
    let header =
        [thread as u64, registers.pc, registers.sp, registers.fp, registers.lr, read as u64];
    for (word, value) in slot.iter().zip(header) {
        word.store(value, Ordering::Relaxed);
    }
}

/// Copies the stack from `sp` on, as far as it is mapped: the kernel copies, so that a page that
/// is not there is a short answer and no crash. Bytes.
fn read_stack(sp: usize, into: &[AtomicU64]) -> usize {
    let wanted = size_of_val(into);
    let first = (PAGE_BYTES - sp % PAGE_BYTES).min(wanted);
    let mut remote = [RemoteIoVec { base: sp, len: first }; PAGES];
    let (mut pages, mut asked) = (1, first);
    // One element per page: the kernel copies whole elements only.
    while asked < wanted && pages < PAGES {
        let len = PAGE_BYTES.min(wanted - asked);
        remote[pages] = RemoteIoVec { base: sp + asked, len };
        pages += 1;
        asked += len;
    }
    // SAFETY: the slot belongs to this handler alone, by its number; `AtomicU64` may be written
    // through a shared reference, and any bytes are a value of it.
    let bytes =
        unsafe { std::slice::from_raw_parts_mut(into.as_ptr().cast_mut().cast::<u8>(), wanted) };
    let mut local = [io::IoSliceMut::new(bytes)];
    process_vm_readv(getpid(), &mut local, &remote[..pages]).unwrap_or(0)
}

#[cfg(target_arch = "x86_64")]
fn registers_of(context: &ucontext_t) -> Registers {
    use nix::libc::{REG_RBP, REG_RIP, REG_RSP};
    let register = |number: c_int| context.uc_mcontext.gregs[number as usize] as u64;
    Registers { pc: register(REG_RIP), sp: register(REG_RSP), fp: register(REG_RBP), lr: 0 }
}

#[cfg(target_arch = "aarch64")]
fn registers_of(context: &ucontext_t) -> Registers {
    const FP: usize = 29;
    const LR: usize = 30;
    let machine = &context.uc_mcontext;
    Registers { pc: machine.pc, sp: machine.sp, fp: machine.regs[FP], lr: machine.regs[LR] }
}
