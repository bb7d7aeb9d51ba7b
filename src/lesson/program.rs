//! The course's programs: the very files that can be compiled and run.

macro_rules! programs {
    ($($stem:literal),* $(,)?) => {
        /// Every program, in C and in Python: its file's name, and its text.
        const FILES: &[(&str, &str)] = &[$(
            (concat!($stem, ".c"), include_str!(concat!("../../assets/programs/", $stem, ".c"))),
            (concat!($stem, ".py"), include_str!(concat!("../../assets/programs/", $stem, ".py"))),
        )*];
    };
}

/// Programs that no lesson shows line by line, in one language.
const ALONE: &[(&str, &str)] = &[
    ("python_pipe_article.py", include_str!("../../assets/programs/python_pipe_article.py")),
    ("python_pipe_steps.py", include_str!("../../assets/programs/python_pipe_steps.py")),
];

programs![
    "one_pipe",
    "lowest_fd",
    "pipe_to_self",
    "fork_copies_the_table",
    "clean_eof",
    "no_eof",
    "unread_data_survives",
    "two_way",
    "broken_pipe",
    "full_pipe",
    "wait_before_read",
    "two_readers",
    "non_blocking",
    "atomic_writes",
    "shell_pipeline",
    "leaked_to_a_sibling",
    "close_on_exec",
    "stdio_twice",
    "fifo",
    "socketpair",
    "message_boundaries",
    "python_pipe",
    "unix_server",
    "pass_a_descriptor",
    "tcp",
    "udp",
    "multicast",
    "two_machines",
    "shared_memory",
    "message_queue",
    "pipes_or_sockets",
];

/// The text of a program of the course.
pub fn program(file: &str) -> Option<&'static str> {
    FILES.iter().chain(ALONE).find(|(name, _)| *name == file).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/programs");
        let mut there: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        let mut listed: Vec<&str> = FILES.iter().chain(ALONE).map(|(name, _)| *name).collect();
        there.sort();
        listed.sort_unstable();
        assert_eq!(there, listed);
    }

    #[test]
    fn a_program_is_its_file() {
        for (name, text) in FILES.iter().chain(ALONE) {
            let path = format!("{}/assets/programs/{name}", env!("CARGO_MANIFEST_DIR"));
            assert_eq!(program(name), Some(*text));
            assert_eq!(std::fs::read_to_string(path).unwrap(), *text, "{name}");
        }
        assert_eq!(program("one_pipe"), None);
    }
}
