use super::*;
use crate::lesson::Answer;
use crate::notation::{Did, Expect, StateWord};
use proptest::prelude::*;

/// The head of a lesson; four lines.
const HEAD: &str = "title = 'T'\nsummary = 'S'\nintro = 'I'\n\n";

fn read(text: &str) -> Result<Lesson, Vec<LessonError>> {
    load("t.toml", "t", text, &|file| match file {
        "one.c" => Ok("int main(void)\n{\n}\n".into()),
        "bad.c" => Ok("\u{1b}[2J".into()),
        _ => program(file).map(Into::into).ok_or(format!("there is no file {file} beside the lesson")),
    })
}

/// The steps as they stand after [`HEAD`].
fn good(text: &str) -> Lesson {
    read(&format!("{HEAD}{text}"))
        .unwrap_or_else(|errors| panic!("{}", errors.iter().map(LessonError::report).collect::<Vec<_>>().join("\n")))
}

/// What is wrong, as `line:column: message`, counted from the line after [`HEAD`].
fn wrong(text: &str) -> Vec<String> {
    let errors = read(&format!("{HEAD}{text}")).expect_err("this should not load");
    let line = |e: &LessonError| e.line as i64 - HEAD.lines().count() as i64;
    errors.iter().map(|e| format!("{}:{}: {}", line(e), e.column, e.message)).collect()
}

fn step(call: &str) -> String {
    format!("[[step]]\ncall = '{call}'\nsay = 's'\n")
}

#[test]
fn a_lesson_is_read_whole() {
    let lesson = good(
        "learn = ['a', 'b']\n[[step]]\nid = 'p'\ncall = 'parent: pipe()'\nsay = \"\"\"\n  two\n  lines \"\"\"\n\
         expect = ['returns 3 4', 'parent is idle, no findings']\nmarks = { c = [1, 2] }\n\
         [step.predict]\nquestion = 'Q?'\n[[step.predict.option]]\ntext = 'x'\nwhen = 'blocks'\nwhy = 'y'\n\
         [[step.predict.option]]\ntext = 'z'\nwhen = 'returns 3 4'\nwhy = 'w'\n[code.c]\nfile = 'one.c'\n",
    );
    assert_eq!((lesson.slug.as_str(), lesson.number, lesson.first.as_deref()), ("t", None, Some("parent")));
    assert_eq!(lesson.learn, ["a", "b"]);
    let step = &lesson.steps[0];
    assert_eq!((step.id.as_deref(), step.say.as_str()), (Some("p"), "two lines"));
    assert_eq!(step.expect.len(), 3);
    assert_eq!(step.expect[1], Expect::State("parent".into(), StateWord::Idle));
    assert_eq!(step.marks["c"], (1, 2));
    let ask = step.predict.as_ref().unwrap();
    assert_eq!(ask.question, "Q?");
    let first = Answer { text: "x".into(), when: vec![Expect::Own(Did::Blocks)], why: "y".into() };
    assert_eq!((ask.options.len(), &ask.options[0]), (2, &first));
    assert_eq!(lesson.code[0].text.lines().count(), 3);
}

#[test]
fn the_first_process() {
    let first = |text: &str| good(text).first;
    assert_eq!(first(&step("parent: pipe()")).as_deref(), Some("parent"));
    assert_eq!(first(&format!("first = 'shell'\n{}", step("shell: pipe()"))).as_deref(), Some("shell"));
    assert_eq!(first(&format!("{}{}", step("stage: start(a)"), step("a: pipe()"))), None);
}

#[test]
fn what_a_lesson_needs_names_the_variant_that_does_without() {
    let variant = "[[variant]]\nslug = 'plain'\ntitle = 'T'\nsay = 's'\ndrop = ['u']\n";
    let story = format!(
        "[[step]]\nid = 'u'\ncall = 'parent: unshare(CLONE_NEWNET)'\nsay = 's'\n{}{variant}",
        step("parent: pipe()")
    );
    assert_eq!(good(&format!("needs = {{ network = 'plain' }}\n{story}")).without_network.as_deref(), Some("plain"));
    assert_eq!(good(&story).without_network, None);
    let told = wrong(&format!("needs = {{ network = 'plian' }}\n{story}"));
    assert_eq!(told, ["1:21: there is no variant `plian` to play without a network of its own"]);
    assert_eq!(wrong(&format!("needs = {{ root = 'plain' }}\n{story}")).len(), 2);
}

#[test]
fn a_variant_drops_replaces_and_inserts() {
    let lesson = good(
        "[[step]]\nid='a'\ncall='parent: pipe()'\nsay='a'\nexpect='returns 3 4'\n\
         [[step]]\nid='b'\ncall='parent: close(3)'\nsay='b'\n[[step]]\nid='c'\ncall='parent: close(4)'\nsay='c'\n\
         [[variant]]\nslug='v'\ntitle='V'\nsay='s'\ndrop=['b']\n\
         [variant.replace.a]\nsay='A'\n\
         [[variant.insert]]\nafter='a'\nid='x'\ncall='parent: dup(3)'\nsay='x'\n\
         [[variant.insert]]\nafter='a'\nid='y'\ncall='parent: dup(4)'\nsay='y'\n\
         [[variant.insert]]\nbefore='a'\nid='z'\ncall='parent: close(9)'\nsay='z'\n",
    );
    let variant = &lesson.variants[0];
    let ids: Vec<&str> = variant.steps.iter().map(|s| s.id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["z", "a", "x", "y", "c"]);
    assert_eq!(variant.differs, [0, 1, 2, 3]);
    assert_eq!(variant.dropped, [(4, lesson.steps[1].clone())]);
    // What the replacement does not say stays.
    assert_eq!((variant.steps[1].say.as_str(), variant.steps[1].expect.len()), ("A", 1));
    assert_eq!(variant.steps[1].call, lesson.steps[0].call);
}

#[test]
fn a_step_replaced_by_another_call_has_no_line_of_the_program() {
    let lesson = good(
        "[code.c]\nfile='one.c'\n[[step]]\nid='a'\ncall='parent: pipe2(O_CLOEXEC)'\nsay='a'\nmarks={c=1}\n\
         [[variant]]\nslug='plain'\ntitle='V'\nsay='s'\n[variant.replace.a]\ncall='parent: pipe()'\n\
         [[variant]]\nslug='flags'\ntitle='V'\nsay='s'\n[variant.replace.a]\ncall='parent: pipe2(0)'\n",
    );
    let marks: Vec<usize> = lesson.variants.iter().map(|v| v.steps[0].marks.len()).collect();
    assert_eq!(marks, [0, 1]);
}

#[test]
fn a_goal_starts_from_the_story_a_variant_or_nothing() {
    let text = |goal: &str| {
        format!(
            "[[step]]\nid='a'\ncall='parent: pipe()'\nsay='a'\n[[step]]\nid='b'\ncall='parent: fork(child)'\nsay='b'\n\
             [[variant]]\nslug='v'\ntitle='V'\nsay='s'\ndrop=['a']\n\
             [goal]\nsay='g'\nbest=2\nhints=['h']\nreach='parent: eof, no findings'\n{goal}"
        )
    };
    let start = |goal: &str| good(&text(goal)).goal.unwrap().start.len();
    assert_eq!(start(""), 0);
    assert_eq!(start("until='a'\n"), 1);
    assert_eq!(start("variant='v'\n"), 1);
    assert_eq!(start("[[goal.step]]\ncall='parent: pipe()'\nsay='x'\n"), 1);
    let goal = good(&text("")).goal.unwrap();
    assert_eq!((goal.best, goal.hints.len(), goal.reach.len()), (2, 1, 2));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let option = "text = 'x'\nwhen = 'eof'\nwhy = 'y'\n";
    let table: Vec<(String, &[&str])> = vec![
        ("".into(), &["-3:1: this lesson has no steps"]),
        ("step = []\n".into(), &["-3:1: this lesson has no steps"]),
        ("step = 3\n".into(), &["1:8: `step` must be a list of tables, each begun by [[step]]; this is a number"]),
        (format!("titel = 'x'\n{}", step("parent: pipe()")), &["1:1: unknown key `titel` in this lesson"]),
        ("[[step]]\nsay = 's'\n".into(), &["1:1: this step has no `call`"]),
        ("[[step]]\ncall = 'parent: pipe()'\n".into(), &["1:1: this step has no `say`"]),
        ("[[step]]\ncall = 'parent: pipe()'\nsay = ' '\n".into(), &["3:7: `say` is empty"]),
        ("[[step]]\ncall = 7\nsay = 's'\n".into(), &["2:8: `call` must be a text in quotes; this is a number"]),
        (
            "[[step]]\ncall = 'parent: pipe()'\nsay = \"a\\u001b[2J\"\n".into(),
            &["3:9: `say` holds a control character (U+001B); a terminal would obey it"],
        ),
        (format!("{}id = 'A b'\n", step("parent: pipe()")), &["4:7: `id` cannot hold `A`"]),
        (
            format!("{}id = 'a'\n{}id = 'a'\n", step("parent: pipe()"), step("parent: pipe()")),
            &["8:6: step 1 has the id `a` already"],
        ),
        (format!("{}expect = ''\n", step("parent: pipe()")), &["4:10: `expect` expects nothing"]),
        (
            format!("{}marks = {{ c = 4 }}\n[code.c]\nfile = 'one.c'\n", step("parent: pipe()")),
            &["4:15: line 4 is beyond the end of one.c, which has 3 lines"],
        ),
        (
            format!("{}marks = {{ c = [2, 1] }}\n[code.c]\nfile = 'one.c'\n", step("parent: pipe()")),
            &["4:15: `c` must mark a line from 1, or the first and the last of several"],
        ),
        (
            format!("{}marks = {{ c = ['x', 1] }}\n[code.c]\nfile = 'one.c'\n", step("parent: pipe()")),
            &["4:15: `c` must mark a line from 1, or the first and the last of several"],
        ),
        (
            format!("{}marks = {{ python = 1 }}\n", step("parent: pipe()")),
            &["4:20: this lesson has no listing in `python`"],
        ),
        (
            format!("{}[code.c]\nfile = '../x.c'\n", step("parent: pipe()")),
            &["5:8: `../x.c` must be a path below the lesson file, without .."],
        ),
        (
            format!("{}[code.c]\nfile = 'two.c'\n", step("parent: pipe()")),
            &["5:8: there is no file two.c beside the lesson"],
        ),
        (
            format!("{}[code.c]\nfile = 'bad.c'\n", step("parent: pipe()")),
            &["5:8: bad.c holds a control character (U+001B); it is no program text"],
        ),
        (
            format!("{}[code.rust]\nfile = 'one.c'\n", step("parent: pipe()")),
            &["4:7: unknown key `rust` in this set of listings"],
        ),
        (
            format!("{}[step.predict]\nquestion = 'q'\n[[step.predict.option]]\n{option}", step("parent: pipe()")),
            &["4:1: a question needs 2 to 9 options; this has 1"],
        ),
        (
            format!(
                "{}[step.predict]\nquestion = 'q'\n[[step.predict.option]]\n{option}[[step.predict.option]]\ntext = 'z'\n",
                step("parent: pipe()")
            ),
            &["10:1: this option has no `why`", "10:1: this option has no `when`"],
        ),
        ("first = '9x'\n".to_string() + &step("parent: pipe()"), &["1:9: `9x` is no name for a process"]),
    ];
    for (text, expected) in table {
        assert_eq!(wrong(&text), expected, "{text}");
    }
}

#[test]
fn variants_and_goals_that_point_nowhere() {
    let base = format!("{}id = 'a'\n", step("parent: pipe()"));
    let variant = "[[variant]]\nslug='v'\ntitle='V'\nsay='s'\n";
    let goal = "[goal]\nsay='g'\nbest=1\nreach='parent: eof'\n";
    let table: &[(String, &[&str])] = &[
        (variant.into(), &["5:1: this variant does not differ from the lesson"]),
        (format!("{variant}drop=['b']\n"), &["9:7: there is no step with the id `b`"]),
        (format!("{variant}drop=['a']\n"), &["5:1: this variant leaves no step"]),
        (format!("{variant}[variant.replace.b]\nsay='x'\n"), &["9:18: there is no step with the id `b`"]),
        (
            format!("{variant}[[variant.insert]]\ncall='parent: pipe()'\nsay='x'\n"),
            &["9:1: an inserted step needs one of `after` and `before`"],
        ),
        (
            format!("{variant}[[variant.insert]]\nafter='a'\nid='a'\ncall='parent: pipe()'\nsay='x'\n"),
            &["11:4: there is a step `a` already"],
        ),
        (format!("{variant}drop=[]\n{variant}drop=[]\n"), &["11:6: there is a variant `v` already"]),
        (format!("{goal}until='b'\n"), &["9:7: there is no step with the id `b`"]),
        (format!("{goal}variant='b'\n"), &["9:9: there is no variant `b`"]),
        (
            "[goal]\nsay='g'\nbest=0\nreach='eof'\n".into(),
            &[
                "7:6: `best` must be the fewest calls that reach it, a number from 1 to 100; this is a number",
                "8:7: a goal is not about one call",
            ],
        ),
    ];
    for (text, expected) in table {
        assert_eq!(wrong(&format!("{base}{text}")), *expected, "{text}");
    }
}

#[test]
fn processes_must_be_there() {
    let table: &[(&[&str], &str, &[&str])] = &[
        (&["child: pipe()"], "", &["2:9: there is no process called child"]),
        (&["child: pipe()", "parent: fork(child)"], "", &["2:9: child does not exist yet: step 2 makes it"]),
        (&["parent: fork()"], "", &["2:17: in a lesson the new process needs a name"]),
        (&["parent: fork(parent)"], "", &["2:22: there is a process called parent already"]),
        (&["parent: exit(0)", "parent: pipe()"], "", &["5:9: parent has ended in step 1 and makes no more calls"]),
        (&["stage: pipe()"], "", &["2:9: the stage makes no calls but start(name) and type(data)"]),
        (&["parent: start(x)"], "", &["2:9: only the stage starts a process from nothing"]),
        (&["parent: kill(chidl, SIGKILL)"], "", &["2:22: there is no process called chidl"]),
        (
            &["parent: pipe()"],
            "expect = 'parent holds 0 1, chld holds 0'\n",
            &["4:29: there is no process called chld"],
        ),
        (&["parent: pipe()"], "expect = ['eof', 'bytes a.3 0']\n", &["4:25: there is no process called a"]),
        (&["parent: pipe()"], "expect = 'finding eof-witheld'\n", &["4:19: there is no finding `eof-witheld`"]),
        // A name may be used again once its bearer has ended.
        (&["parent: fork(a)", "a: exit(0)", "parent: fork(a)", "a: pipe()"], "", &[]),
    ];
    for (calls, after, expected) in table {
        let text = calls.iter().map(|c| step(c)).collect::<String>() + after;
        let found = if expected.is_empty() {
            good(&text).variants.iter().map(|_| String::new()).collect()
        } else {
            wrong(&text)
        };
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn everything_wrong_is_said_at_once() {
    let found = wrong("[[step]]\ncall = 'child: pipe()'\nsya = 's'\n[[step]]\nid = 3\nsay = ''\n");
    assert_eq!(
        found,
        [
            "1:1: this step has no `say`",
            "2:9: there is no process called child",
            "3:1: unknown key `sya` in this step",
            "4:1: this step has no `call`",
            "5:6: `id` must be a text in quotes; this is a number",
            "6:7: `say` is empty",
        ]
    );
}

#[test]
fn a_nearest_name_is_offered() {
    let help = |text: &str| read(&format!("{HEAD}{text}")).unwrap_err()[0].help.clone().unwrap();
    assert_eq!(help(&format!("{}expcet = 'eof'\n", step("parent: pipe()"))), "did you mean `expect`?");
    assert_eq!(help(&step("parnet: pipe()")), "did you mean `parent`?");
    assert_eq!(help(&step("zzz: pipe()")), "there are: parent; fork(zzz) makes another");
    let finding = format!("{}expect = 'finding eof-witheld'\n", step("parent: pipe()"));
    assert_eq!(help(&finding), "did you mean `eof-withheld`?");
}

#[test]
fn places_are_found_inside_the_string() {
    let place = |text: &str| {
        let errors = read(&format!("{HEAD}{text}")).unwrap_err();
        (errors[0].line - 4, errors[0].column)
    };
    // A call that is no call, in each kind of string.
    assert_eq!(place(&step("parent: clsoe(4)")), (2, 17));
    assert_eq!(place("[[step]]\nsay = 's'\ncall = \"parent: clsoe(4)\"\n"), (3, 17));
    assert_eq!(place("[[step]]\nsay = 's'\ncall = \"\\u0070arent: clsoe(4)\"\n"), (3, 22));
    assert_eq!(place("[[step]]\nsay = 's'\ncall = '''\nparent: clsoe(4)'''\n"), (4, 9));
    assert_eq!(place("[[step]]\nsay = 's'\ncall = \"\"\"parent:\\\n   clsoe(4)\"\"\"\n"), (4, 4));
}

#[test]
fn what_is_no_toml_is_said_so() {
    assert_eq!(wrong("[[step]\n").len(), 1);
    assert!(wrong("[[step]\n")[0].contains("this is not TOML"), "{:?}", wrong("[[step]\n"));
    let all = wrong("a = \nb = 3\nc = ]\n");
    assert!(all.len() >= 2, "{all:?}");
}

#[test]
fn limits() {
    let many: String = (0..501).map(|_| step("parent: pipe()")).collect();
    assert_eq!(wrong(&many), ["1501:1: a lesson has at most 500 steps; this has 501"]);
    let large = read(&format!("# {}", "x".repeat(LARGEST))).unwrap_err();
    assert_eq!(large[0].to_string(), "t.toml:1:1: this file is larger than 1 MiB; that is no lesson");
    let long = format!("[[step]]\ncall = 'parent: pipe()'\nsay = '{}'\n", "é".repeat(601));
    assert_eq!(wrong(&long), ["3:7: `say` has 601 characters; at most 600 fit"]);
}

#[test]
fn programs_are_read_from_the_folder_of_the_lesson() {
    let folder = std::env::temp_dir().join(format!("pipescope-lesson-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.c"), "one\ntwo\n").unwrap();
    let text = |file: &str| format!("{HEAD}{}[code.c]\nfile = '{file}'\n", step("parent: pipe()"));
    let path = folder.join("my-lesson.toml");
    let good = load_file(&path, &text("a.c"));
    let missing = load_file(&path, &text("b.c"));
    let course = load_file(&path, &text("one_pipe.c"));
    std::fs::write(folder.join("no_eof.c"), "mine\n").unwrap();
    let mine = load_file(&path, &text("no_eof.c"));
    let is_folder = load_file(&folder.join("x"), &text("."));
    std::fs::remove_dir_all(&folder).unwrap();
    let good = good.unwrap();
    assert_eq!((good.slug.as_str(), good.code[0].text.as_str()), ("my-lesson", "one\ntwo\n"));
    assert_eq!(missing.unwrap_err()[0].message, "there is no file b.c beside the lesson");
    assert_eq!(Some(course.unwrap().code[0].text.as_str()), program("one_pipe.c"));
    assert_eq!(mine.unwrap().code[0].text, "mine\n");
    assert!(is_folder.is_err());
}

/// Every error has a place within the file.
fn places_hold(text: &str) {
    let Err(errors) = read(text) else { return };
    assert!(!errors.is_empty(), "neither a lesson nor an error: {text:?}");
    let lines: Vec<&str> = text.split('\n').collect();
    for e in errors {
        assert!((1..=lines.len()).contains(&e.line), "{e} of {} lines", lines.len());
        let width = lines[e.line - 1].chars().count();
        assert!((1..=width + 1).contains(&e.column), "{e}: the line has {width}");
        assert!(e.report().contains('^'));
    }
}

const ONE: &str = include_str!("../../../assets/lessons/01-one-pipe.toml");
const SIX: &str = include_str!("../../../assets/lessons/06-no-eof.toml");

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_makes_it_panic(text in "(?s).{0,200}") {
        places_hold(&text);
    }

    #[test]
    fn no_value_makes_it_panic(key in "[a-z]{1,8}", value in "[\\[\\]{}'\"a-z0-9=., :()*\\\\\u{e9}\n-]{0,60}") {
        places_hold(&format!("{HEAD}[[step]]\ncall = {value}\n{key} = {value}\nexpect = \"{value}\"\n"));
    }

    #[test]
    fn no_mutated_lesson_makes_it_panic(
        six in any::<bool>(),
        at in 0usize..6000,
        cut in 0usize..40,
        put in "(?s).{0,6}",
        moved in 0usize..6000,
    ) {
        let mut text: Vec<char> = if six { SIX } else { ONE }.chars().collect();
        let at = at.min(text.len());
        let end = (at + cut).min(text.len());
        let taken: Vec<char> = text.splice(at..end, put.chars()).collect();
        let moved = moved.min(text.len());
        text.splice(moved..moved, taken);
        places_hold(&text.into_iter().collect::<String>());
    }

    #[test]
    fn lines_may_be_lost_or_swapped(drop in prop::collection::vec(0usize..140, 0..6), swap in (0usize..140, 0usize..140)) {
        let mut lines: Vec<&str> = ONE.lines().collect();
        let last = lines.len() - 1;
        lines.swap(swap.0.min(last), swap.1.min(last));
        for index in drop {
            lines.remove(index.min(lines.len() - 1));
        }
        places_hold(&lines.join("\n"));
    }
}

#[test]
fn a_variant_may_show_another_program() {
    let head = format!("{}id='a'\nmarks={{c=3}}\n[code.c]\nfile='one.c'\n", step("parent: pipe()"));
    let variant = |slug: &str, code: &str, line: u32| {
        format!(
            "[[variant]]\nslug='{slug}'\ntitle='V'\nsay='s'\n{code}[variant.replace.a]\ncall='parent: pipe2(O_CLOEXEC)'\n\
             marks={{c={line}}}\n"
        )
    };
    let other = "code.c={file='pipe_to_self.c'}\n";
    let lesson = good(&format!("{head}{}{}", variant("v", other, 9), variant("w", "", 2)));
    let files = [None, Some(0), Some(1), Some(9)].map(|v| lesson.code_of(v)[0].file.as_str());
    assert_eq!(files, ["one.c", "pipe_to_self.c", "one.c", "one.c"]);
    // Its marks count in its own program.
    let errors = wrong(&format!("{head}{}", variant("v", "", 9)));
    assert_eq!(errors, ["14:10: line 9 is beyond the end of one.c, which has 3 lines"]);
}
