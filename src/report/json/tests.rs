use super::super::sample::{self, any_world};
use super::*;
use crate::notation::escape;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The schema as the documentation prints it.
fn schema() -> Value {
    let page = include_str!("../../../docs/json.md");
    let (_, after) = page.split_once("```json-schema\n").unwrap();
    let (text, _) = after.split_once("```").unwrap();
    serde_json::from_str(text).unwrap()
}

/// Hold a value against a schema; the part of JSON Schema that ours uses, and no other.
fn check(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let rules = schema.as_object().unwrap();
    for (keyword, rule) in rules {
        let fine = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "properties" | "additionalProperties" => true,
            "$ref" => {
                let name = rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                return check(root, &root["$defs"][name], value, at);
            }
            "const" => rule == value,
            "enum" => rule.as_array().unwrap().contains(value),
            "type" => match rule {
                Value::Array(any) => any.iter().any(|t| is(t, value)),
                one => is(one, value),
            },
            "required" => rule.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some()),
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}/{n}"))?;
                }
                true
            }
            "oneOf" => {
                let fits = rule.as_array().unwrap().iter().filter(|s| check(root, s, value, at).is_ok()).count();
                fits == 1
            }
            other => panic!("the checker does not know {other}"),
        };
        if !fine {
            return Err(format!("{at}: {value} against {keyword}: {rule}"));
        }
    }
    if let Some(properties) = rules.get("properties") {
        assert_eq!(rules["additionalProperties"], false, "every object of the schema is closed");
        for (key, inner) in value.as_object().into_iter().flatten() {
            let rule = properties.get(key).ok_or_else(|| format!("{at}: {key} is not in the schema"))?;
            check(root, rule, inner, &format!("{at}/{key}"))?;
        }
    }
    Ok(())
}

fn is(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type {other}"),
    }
}

fn conforms(line: &str) -> Value {
    assert!(line.ends_with('\n') && line.matches('\n').count() == 1, "one line each");
    let value: Value = serde_json::from_str(line).unwrap();
    let schema = schema();
    if let Err(why) = check(&schema, &schema, &value, "") {
        // `oneOf` hides where; ask the one that is meant.
        let name = value["type"].as_str().unwrap();
        panic!("{why}\n{:?}", check(&schema, &schema["$defs"][name], &value, ""));
    }
    value
}

fn line(moment: &Moment) -> Value {
    let mut out = Vec::new();
    JsonLines::new(&mut out, None).moment(moment).unwrap();
    conforms(std::str::from_utf8(&out).unwrap())
}

#[test]
fn a_session_names_its_schema() {
    let mut out = Vec::new();
    JsonLines::new(&mut out, None).session("One pipe", "one-pipe").unwrap();
    let value = conforms(std::str::from_utf8(&out).unwrap());
    assert_eq!(value, json!({"type": "session", "schema": 1, "title": "One pipe", "source": "one-pipe"}));
}

#[test]
fn a_comparison_has_its_lines() {
    let mut out = Vec::new();
    crate::report::compare_json(&mut out, &crate::engine::compare::sample::cells()).unwrap();
    let lines: Vec<Value> = std::str::from_utf8(&out).unwrap().split_inclusive('\n').map(conforms).collect();
    let without = lines.iter().filter(|line| line["type"] == "cell" && line["answer"].is_null()).count();
    assert_eq!((lines.iter().filter(|line| line["type"] == "cell").count(), without), (63, 1));
}

#[test]
fn a_blocked_read_and_what_withholds_its_end() {
    let value = line(&sample::stuck());
    assert_eq!(value["step"], 7);
    assert_eq!((&value["cause"], &value["script_index"]), (&json!("script"), &json!(6)));
    assert_eq!(value["process"], "child");
    assert_eq!(
        value["outcome"],
        json!({"kind": "blocked", "in": "read", "fd": 3, "child": null, "path": null, "count": 64})
    );
    assert_eq!(value["eof"], false);
    let child = &value["world"]["processes"][1];
    assert_eq!(child["state"], "blocked");
    assert_eq!(child["blocked_in"]["call"], "read");
    let fd = &child["fds"][4];
    assert_eq!((&fd["fd"], &fd["target"], &fd["access"]), (&json!(4), &json!("pipe:[9751]"), &json!("w")));
    assert_eq!(fd["origin"], json!({"step": 1, "call": "pipe()", "inherited": [{"step": 2, "from": "parent"}]}));
    let pipe = &value["world"]["objects"][0];
    assert_eq!(pipe["readers"], json!([{"process": "child", "pid": 4243, "fd": 3, "outside": false}]));
    assert_eq!(pipe["writers"][1], json!({"process": "cat", "pid": 99, "fd": 5, "outside": true}));
    let finding = &value["findings"][0];
    assert_eq!((&finding["rule"], &finding["severity"]), (&json!("eof-withheld"), &json!("stuck")));
    assert_eq!(finding["holders"][0]["fd"], 4);
    assert_eq!(finding["fix"], "child: close(4)");
}

#[test]
fn outcomes_details_and_checks() {
    let forked = line(&sample::forked());
    assert_eq!(forked["outcome"], json!({"kind": "returned", "value": 4243}));
    assert_eq!(forked["child"], json!({"process": "child", "pid": 4243}));
    assert_eq!(forked["checks"], json!([{"expect": "returns 5", "met": false, "got": "returns 4243"}]));
    let written = line(&sample::written());
    assert_eq!(written["world"]["objects"][0]["bytes"], 5);
    assert_eq!(written["world"]["objects"][0]["contents"], escape(b"hello", 99).0);
    assert_eq!(written["flows"][0]["from"], json!({"process": "parent", "fd": 4}));
    assert_eq!((&written["flows"][0]["bytes"], &written["flows"][0]["to"]), (&json!(5), &Value::Null));
    assert_eq!(written["world"]["processes"][0]["fds"][3]["cloexec"], true);
    let ended = line(&sample::ended());
    assert_eq!((&ended["eof"], &ended["data"]), (&json!(true), &json!("")));
    assert_eq!(ended["resumed"][0]["outcome"], json!({"kind": "killed", "signal": "SIGPIPE"}));
    assert_eq!(ended["resumed"][0]["call"], Value::Null);
    assert_eq!(ended["world"]["processes"][0]["state"], "zombie");
    assert_eq!(ended["world"]["processes"][0]["ended"], json!({"kind": "killed", "signal": "SIGPIPE"}));
    assert_eq!(line(&sample::start())["call"], Value::Null);
}

#[test]
fn a_read_of_no_bytes_is_no_end_of_file() {
    let mut moment = sample::ended();
    if let Some(own) = &mut moment.own {
        own.call = Some(crate::notation::Call::Read { fd: 3, count: 0 });
    }
    assert_eq!(line(&moment)["eof"], false);
}

#[test]
fn what_is_unknown_is_null_with_its_reason() {
    use crate::world::Known;
    let mut moment = sample::stuck();
    moment.world.objects[0].bytes = Known::No("the reader has gone".into());
    moment.world.objects[0].contents = Known::No("no read end".into());
    moment.world.processes[0].fds.clear();
    moment.world.processes[0].fds_unreadable = Some("permission denied".into());
    let world = &line(&moment)["world"];
    assert_eq!(world["objects"][0]["bytes"], Value::Null);
    assert_eq!(world["objects"][0]["bytes_unknown"], "the reader has gone");
    assert_eq!(world["objects"][0]["contents_unknown"], "no read end");
    assert_eq!(world["processes"][0]["fds"], Value::Null);
    assert_eq!(world["processes"][0]["fds_unknown"], "permission denied");
    assert!(world["objects"][0].get("capacity_unknown").is_none());
}

#[test]
fn a_reader_that_went_away_is_an_error() {
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let error = JsonLines::new(Gone, None).moment(&sample::stuck()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

proptest! {
    #[test]
    fn any_world_conforms_to_the_documented_schema(world in any_world()) {
        let mut out = Vec::new();
        JsonLines::new(&mut out, None).world(&world).unwrap();
        JsonLines::new(&mut out, Some(Stable::new(None))).world(&world).unwrap();
        for line in std::str::from_utf8(&out).unwrap().split_inclusive('\n') {
            let value = conforms(line);
            prop_assert_eq!(value["processes"].as_array().unwrap().len(), world.processes.len());
        }
        let moment = Moment { world, ..sample::stuck() };
        line(&moment);
    }
}

#[test]
fn lines_about_the_machine_keep_to_the_schema() {
    use crate::survey::why::{Options, why};
    use crate::survey::{Asked, Machine, Picture};
    let (read, _write) = nix::unistd::pipe().unwrap();
    let machine = Machine::read().unwrap();
    let root = schema();
    let mut out = Vec::new();
    JsonLines::new(&mut out, None).graph(&machine, &Picture::of(&machine, &Asked::All)).unwrap();
    crate::report::why_json(&mut out, &why(&machine, &Asked::All, Options::default())).unwrap();
    for line in String::from_utf8(out).unwrap().lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        check(&root, &root, &value, "").unwrap();
    }
    drop(read);
}

#[test]
fn sockets_are_told_in_full() {
    use crate::explain::build::sockets::{connected, stream};
    use crate::explain::build::stage;
    use crate::world::{
        Backlog, Contents, Known, Membership, Message, Messages, Multicast, Peer, Socket, SocketState, SocketType,
    };
    let message = Message { contents: Contents { head: b"AB\n".to_vec(), cut: false, packets: Vec::new() }, length: 3 };
    let messages = Known::Yes(Messages { first: vec![message], more: true });
    let listener = Socket {
        backlog: Some(Known::Yes(Backlog { waiting: 1, limit: 5 })),
        waiting: vec![9],
        ..stream(SocketState::Listen, Peer::None)
    };
    let unknown = Socket { peer: Known::No("it was refused".into()), ..connected(4) };
    let group = Membership { group: [239, 1, 2, 3].into(), interface: "lo".into() };
    let multicast = Some(Known::Yes(Multicast { groups: vec![group], all: true, ttl: 1 }));
    let world = stage()
        .process("a")
        .socket(3, 1, listener)
        .socket(4, 2, Socket { kind: SocketType::SeqPacket, messages, ..connected(3) })
        .socket(5, 3, unknown)
        .socket(6, 4, Socket { multicast, ..connected(5) })
        .world();
    let mut out = Vec::new();
    JsonLines::new(&mut out, None).world(&world).unwrap();
    let line = conforms(std::str::from_utf8(&out).unwrap());
    let at = |n: usize| line["objects"][n]["socket"].clone();
    assert_eq!(at(0)["backlog"], json!({"waiting": 1, "limit": 5, "clients": ["socket:[9]"]}));
    assert_eq!((at(1)["peer"].clone(), at(1)["peer_id"].clone()), (json!("connected"), json!("socket:[3]")));
    assert_eq!(at(1)["messages"], json!([{"bytes": 3, "contents": "AB\\n", "contents_cut": false}]));
    assert_eq!((at(2)["peer"].clone(), at(2)["peer_unknown"].clone()), (json!(null), json!("it was refused")));
    let groups = json!([{"group": "239.1.2.3", "interface": "lo"}]);
    assert_eq!(at(3)["multicast"], json!({"groups": groups, "all": true, "ttl": 1}));
}

#[test]
fn system_v_objects_are_told_in_full() {
    use crate::world::*;
    let user = User { process: "a".into(), pid: 7, puts: 1, takes: 0, sets: 0, ended: true };
    let sleeper = |wants| Sleeper { process: "b".into(), pid: 8, thread: 9, wants, served: false };
    let wants =
        [Wants::Message(-3, false), Wants::Room(4), Wants::Operations(vec![Operation { number: 1, change: -2 }])];
    let mut objects = [ObjectKind::PostQueue, ObjectKind::Semaphores].map(|kind| Object::system_v(kind, 40));
    for object in &mut objects {
        let usage = object.usage_mut().unwrap();
        usage.users.push(user.clone());
        usage.sleepers.extend(wants.clone().map(sleeper));
    }
    if let Body::PostQueue(queue) = &mut objects[0].body {
        queue.key = Known::Yes(0x1234);
        queue.waiting = Known::Yes(vec![Post { kind: 3, head: b"A\n".to_vec(), length: 9, from: "a".into() }]);
    }
    if let Body::Semaphores(set) = &mut objects[1].body {
        set.key = Known::Yes(PRIVATE_KEY);
        set.values = Known::Yes(vec![Semaphore { value: 1, last: 0, wait_to_grow: 2, wait_for_zero: 0 }]);
    }
    let mut out = Vec::new();
    JsonLines::new(&mut out, None).world(&World { objects: objects.into(), ..World::default() }).unwrap();
    let line = conforms(std::str::from_utf8(&out).unwrap());
    let (queue, set) = (&line["objects"][0], &line["objects"][1]);
    assert_eq!((&queue["kind"], &queue["id"]), (&json!("system-v-queue"), &json!("msq 40")));
    let told = &queue["system_v_queue"];
    let post = json!({"type": 3, "length": 9, "data": "A\\n", "data_cut": true, "from": "a"});
    assert_eq!(
        (&told["key"], &told["waiting"], &told["users"][0]["ended"]),
        (&json!("0x1234"), &json!([post]), &json!(true))
    );
    assert_eq!(told["sleepers"][0]["type"], -3);
    let told = &set["semaphores"];
    assert_eq!((&told["key"], &told["sleepers"][2]["operations"]), (&json!(null), &json!([[1, -2]])));
    assert_eq!(told["values"], json!([{"value": 1, "last": null, "wait_to_grow": 2, "wait_for_zero": 0}]));
}

/// What a story's lines are when each is written by itself, with nothing before it to be the same as.
#[test]
fn what_stays_the_same_is_written_the_same() {
    let mut story = sample::story();
    story.extend(story.clone().into_iter().rev());
    let mut shorter = story[2].clone();
    shorter.world.processes.remove(0);
    shorter.findings.clear();
    story.extend([shorter, story[2].clone()]);
    let mut all = Vec::new();
    let mut lines = JsonLines::new(&mut all, None);
    story.iter().for_each(|moment| lines.moment(moment).unwrap());
    let mut each = Vec::new();
    story.iter().for_each(|moment| JsonLines::new(&mut each, None).moment(moment).unwrap());
    assert_eq!(String::from_utf8(all).unwrap(), String::from_utf8(each).unwrap());
}
