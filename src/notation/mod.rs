//! The notation: one strace-like language for lesson files, the prompt, the message pane and
//! transcripts. Parses and prints; knows nothing of processes.

mod ast;
mod calls;
mod complete;
mod names;
mod nearest;
mod outcome;
mod parse;
mod print;

pub use ast::{
    Addr, Amount, Buffering, Call, DEFAULT_COUNT, DEFAULT_MODE, Data, Did, Directed, Disposition, Expect, Fcntl, Line,
    MeasureCall, Measured, MemoryCall, NetCall, OptionValue, PRIVATE_MODE, Place, QueueCall, QueueSizes, Received,
    STAGE, Seen, SocketCall, SocketDetail, SocketOption, StateWord, StdioCall, Target,
};
pub use calls::{Argument, CALLS, CallSpec, call_spec, signature, traced_summary};
pub use complete::{Candidate, Completions, Context, complete};
pub use names::socket::events_name;
pub use names::{
    clock_name, clone_flags_name, epoll_command_name, epoll_events_name, epoll_flags_name, errno_name, errno_number,
    errno_text, eventfd_flags_name, fd_flags_name, flag_number, flags_name, inotify_flags_name, link_flags_name,
    map_flags_name, memfd_flags_name, open_flags_name, prot_name, rename_flags_name, signal_name, signal_number,
    signalfd_flags_name, timer_flags_name, timerfd_flags_name, wait_options_name,
};
pub use nearest::nearest;
pub use outcome::{Completion, Detail, Letter, Outcome};
pub use parse::{
    DATA_LIMIT, LINE_LIMIT, NAME_LIMIT, ParseError, ScriptError, ScriptLine, check_name, parse_directed, parse_expects,
    parse_line, parse_script,
};
pub use print::{escape, show_completion};
