//! Names for the kernel's numbers: errors, signals and flags, both ways.

mod errno;
mod flags;
mod ipc;
mod memory;
mod net;
mod signal;
pub(crate) mod socket;

pub use errno::{errno_name, errno_number, errno_text};
pub use flags::{fd_flags_name, flag_number, flags_name, open_flags_name, wait_options_name};
pub use ipc::{
    clock_name, epoll_command_name, epoll_events_name, epoll_flags_name, eventfd_flags_name, inotify_flags_name,
    link_flags_name, rename_flags_name, signalfd_flags_name, timer_flags_name, timerfd_flags_name,
};
pub use memory::{map_flags_name, memfd_flags_name, prot_name};
pub use net::clone_flags_name;
pub use signal::{signal_name, signal_number};

pub(crate) use errno::errno_names;
pub(crate) use flags::{WAIT_OPTIONS, flag_names, open_flag_names};
pub(crate) use memory::{MAP_FLAGS, prot_names};
pub(crate) use net::CLONE_FLAGS;
pub(crate) use signal::signal_names;
