//! The allocator's spare memory.

/// Give what was freed back to the system, malloc_trim(3): after a piece of work that took far more memory than all the
/// rest of the program and is not done again. Other C libraries than GNU's see to it by themselves.
#[allow(unsafe_code)]
pub(super) fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: may be called at any time from any thread, and touches only what nobody has allocated.
    unsafe {
        libc::malloc_trim(0);
    }
}
