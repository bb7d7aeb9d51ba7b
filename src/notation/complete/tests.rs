use super::*;
use proptest::prelude::*;

fn context() -> Context {
    Context {
        processes: vec![("parent".into(), vec![0, 1, 2, 3, 14]), ("child".into(), vec![0, 1, 2, 4])],
        mappings: vec![("parent".into(), vec![MapName(1), MapName(2)])],
        default: Some("parent".into()),
    }
}

fn texts(completions: &Completions) -> Vec<&str> {
    completions.candidates.iter().map(|c| c.text.as_str()).collect()
}

/// Complete where `|` stands.
fn at(marked: &str) -> Completions {
    let cursor = marked.find('\u{2502}').unwrap();
    complete(&marked.replace('\u{2502}', ""), cursor, &context())
}

#[test]
fn what_may_stand_there() {
    let table: &[(&str, &[&str])] = &[
        ("pi│", &["pipe()", "pipe2("]),
        ("pa│", &["parent: "]),
        ("sta│", &["stage: start("]),
        ("st│", &["stage: start(", "store("]),
        ("c│", &["child: ", "close(", "connect("]),
        ("stage: │", &["start(", "type("]),
        ("child: d│", &["dup(", "dup2(", "dup3(", "drain("]),
        ("child:cl│", &["close("]),
        ("close(│", &["0", "1", "2", "3", "14"]),
        ("close(1│", &["14"]),
        ("child: close(│", &["0", "1", "2", "4"]),
        ("child: close(3│", &[]),
        ("dup2(3, │", &[]),
        ("pipe2(│", &["O_CLOEXEC", "O_NONBLOCK", "O_DIRECT"]),
        ("pipe2(O_NONBLOCK|O_│", &["O_CLOEXEC", "O_DIRECT"]),
        ("pipe2(O_NONBLOCK | │", &["O_CLOEXEC", "O_DIRECT"]),
        ("open(\"a,b\", O_W│", &["O_WRONLY"]),
        ("open(\"O_│", &[]),
        ("open(\"a\\\"O_│", &[]),
        ("fcntl(3, F_GETF│", &["F_GETFL", "F_GETFD"]),
        ("fcntl(3, F_SETFL, │", &["O_NONBLOCK", "O_APPEND", "O_DIRECT", "O_ASYNC"]),
        ("fcntl(3, F_SETFD, │", &["FD_CLOEXEC"]),
        ("fcntl(3, F_SETPIPE_SZ, │", &[]),
        ("signal(SIGP│", &["SIGPIPE", "SIGPROF", "SIGPWR", "SIGPOLL"]),
        ("signal(SIGPIPE, │", &["default", "ignore"]),
        ("kill(│", &["child", "parent"]),
        ("child: kill(│", &["parent", "child"]),
        ("kill(child, SIGK│", &["SIGKILL"]),
        ("waitpid(│", &["child", "-1"]),
        ("waitpid(child, │", &["WNOHANG", "WUNTRACED", "WCONTINUED"]),
        ("wait(│", &[]),
        ("load(│", &["m1", "m2"]),
        ("child: load(│", &[]),
        ("mmap(4096, PROT_│", &["PROT_READ", "PROT_WRITE", "PROT_EXEC", "PROT_NONE"]),
        ("mmap(4096, PROT_READ, MAP_SHARED|│", &["MAP_PRIVATE", "MAP_ANONYMOUS"]),
        ("mq_r│", &["mq_receive("]),
        ("soc│", &["socketpair(", "socket("]),
        ("socket(│", &["AF_UNIX", "AF_INET", "AF_INET6"]),
        ("socket(AF_UNIX, SOCK_S│", &["SOCK_STREAM", "SOCK_SEQPACKET"]),
        ("socket(AF_UNIX, SOCK_STREAM|│", &["SOCK_NONBLOCK", "SOCK_CLOEXEC"]),
        ("connect(3, │", &["addr(", "unix:", "127.0.0.1:0", "[::1]:0"]),
        ("connect(3, addr(│", &["parent.3)", "parent.14)", "child.4)"]),
        ("connect(3, addr(ch│", &["child.4)"]),
        ("connect(3, addr(parent.│", &["3)", "14)"]),
        ("sendto(3, \"x\", 127.0.0.1:port(ch│", &["child.4)"]),
        ("connect(3, addr(child.4)│", &[]),
        ("shutdown(3, │", &["SHUT_RD", "SHUT_WR", "SHUT_RDWR"]),
        ("recv(3, 64, │", &["MSG_PEEK", "MSG_DONTWAIT", "MSG_NOSIGNAL", "MSG_WAITALL"]),
        ("sendmsg(3, \"x\", │", &["rights=["]),
        ("sendmsg(3, \"x\", rights=[1│", &["14"]),
        ("getsockopt(3, SO_E│", &["SO_ERROR"]),
        ("poll([│", &["0", "1", "2", "3", "14"]),
        ("poll([3 │", &["POLLIN", "POLLOUT"]),
        ("poll([3 POLLIN, │", &["0", "1", "2", "3", "14"]),
        ("close(3) │", &[]),
        ("# pi│", &[]),
        ("pi│pe(", &["pipe()", "pipe2("]),
        ("pipe()│", &[]),
    ];
    for (marked, expected) in table {
        assert_eq!(texts(&at(marked)), *expected, "{marked}");
    }
}

#[test]
fn calls_come_first_where_nothing_was_typed_and_someone_is_to_make_them() {
    let empty = at("│");
    assert_eq!(texts(&empty).first(), Some(&"pipe()"));
    assert_eq!(texts(&empty).len(), CALLS.len() - 2 + 2 + 1);
    let nobody = complete("", 0, &Context { default: None, ..context() });
    assert_eq!(texts(&nobody), ["parent: ", "child: ", "stage: start("]);
}

#[test]
fn the_signature_of_the_call_and_the_place_in_it() {
    let inside = at("parent: dup3(3, 4, │");
    assert_eq!((inside.signature, inside.argument), (Some("dup3(from, to, flags)"), 2));
    let list = at("exec([\"ls\", \"-l\"│");
    assert_eq!((list.signature, list.argument), (Some("exec([program, argument, ...])"), 0));
    assert_eq!(at("pip│").signature, None);
    assert_eq!(at("write(4, \"hel│").signature, Some("write(fd, data)"));
}

#[test]
fn what_is_replaced_is_the_word_before_the_cursor() {
    assert_eq!(at("child: clo│").replace, 7..10);
    assert_eq!(at("kill(child, │").replace, 12..12);
    assert_eq!(at("größe│").replace, 0..7);
}

proptest! {
    #[test]
    fn never_panics_and_every_candidate_continues_what_stands_there(
        text in r#"([a-z]{0,6}: ?)?(pipe2|close|kill|open|fcntl|é)?[(]?[ -~é"]{0,12}"#, cursor in 0usize..40,
    ) {
        let completions = complete(&text, cursor, &context());
        let word = &text[completions.replace.clone()];
        prop_assert!(completions.candidates.iter().all(|c| c.text.starts_with(word)));
    }
}
