//! What authors are given holds for every lesson there is: the schema, the guide's examples, drafts from scripts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::Value;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

/// What is wrong with `value` by the part of JSON Schema that this schema uses.
fn wrong(value: &Value, rule: &Value, root: &Value, at: &str, out: &mut Vec<String>) {
    if let Some(name) = rule["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return wrong(value, &root["$defs"][name], root, at, out);
    }
    let types: Vec<&str> = match &rule["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => panic!("{at}: a rule without a type"),
    };
    let is = match value {
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_i64() => "integer",
        _ => "other",
    };
    if !types.contains(&is) {
        return out.push(format!("{at}: {is} is none of {types:?}"));
    }
    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
        wrong(item, &rule["items"], root, &format!("{at}[{i}]"), out);
    }
    for (key, item) in value.as_object().into_iter().flatten() {
        let at = format!("{at}.{key}");
        match (&rule["properties"][key], &rule["additionalProperties"]) {
            (Value::Null, Value::Object(other)) => wrong(item, &Value::Object(other.clone()), root, &at, out),
            (Value::Null, Value::Bool(false)) => out.push(format!("{at}: no such key")),
            (Value::Null, _) => {}
            (rule, _) => wrong(item, rule, root, &at, out),
        }
    }
    for key in rule["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if is == "object" && value.get(key).is_none() {
            out.push(format!("{at}: {key} is missing"));
        }
    }
}

fn by_schema(text: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(&read("docs/lesson.schema.json")).unwrap();
    let lesson: toml::Value = toml::from_str(text).unwrap();
    let mut out = Vec::new();
    wrong(&serde_json::to_value(lesson).unwrap(), &schema, &schema, "lesson", &mut out);
    out
}

#[test]
fn every_lesson_and_the_template_fit_the_schema() {
    assert_eq!(by_schema(&read("assets/template.toml")), Vec::<String>::new());
    for entry in std::fs::read_dir(Path::new(ROOT).join("assets/lessons")).unwrap().flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        assert_eq!(by_schema(&text), Vec::<String>::new(), "{:?}", entry.path());
    }
    let typo = by_schema("title = 't'\nsummary = 's'\n[[step]]\ncal = 'parent: pipe()'\nsay = 's'\n");
    assert_eq!(typo, ["lesson.step[0].cal: no such key", "lesson.step[0]: call is missing"]);
}

fn run(args: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_pipescope")).args(args).output().unwrap()
}

#[test]
fn a_script_becomes_a_lesson_that_is_good() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let script = folder.join(format!("draft-{}.pipe", std::process::id()));
    let lesson = folder.join(format!("draft-{}.toml", std::process::id()));
    let text = "boss: pipe()\nexpect returns 3 4\nboss: write(4, \"it's \\\"so\\\"\\n\")\nexpect returns 10\n";
    std::fs::write(&script, text).unwrap();
    let drafted = run(&["draft", script.to_str().unwrap()]);
    assert!(drafted.status.success());
    std::fs::write(&lesson, &drafted.stdout).unwrap();
    let checked = run(&["check", lesson.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned() + &String::from_utf8_lossy(&drafted.stdout);
    assert!(checked.status.success(), "{said}");
    assert_eq!(by_schema(&String::from_utf8(drafted.stdout).unwrap()), Vec::<String>::new());
    for path in [script, lesson] {
        std::fs::remove_file(path).unwrap();
    }
}
