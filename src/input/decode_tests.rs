//! Tests of [`super`]: what is said of wrong types and unknown fields.

use super::*;
use std::collections::BTreeMap;

#[derive(serde::Deserialize, Debug)]
#[allow(dead_code)]
struct Inner {
    number: Option<i32>,
    name: Option<String>,
    flag: Option<bool>,
    labels: Option<BTreeMap<String, String>>,
    list: Option<Vec<Inner>>,
    mode: Option<Mode>,
}

#[derive(serde::Deserialize, Debug)]
#[allow(dead_code)]
enum Mode {
    Fast,
    Slow(i64),
    At { x: i64 },
}

#[test]
fn errors_say_where_what_was_found_and_expected() {
    let table = [
        (r#"{"number":"4"}"#, "s.number: found the text \"4\", expected a whole number of 32 bits"),
        (r#"{"number":1.5}"#, "s.number: found the number 1.5, expected a whole number of 32 bits"),
        (
            r#"{"number":99999999999}"#,
            "s.number: found the number 99999999999, expected a whole number of 32 bits",
        ),
        (r#"{"name":5}"#, "s.name: found the number 5, expected text"),
        (r#"{"flag":"yes"}"#, "s.flag: found the text \"yes\", expected true or false"),
        (r#"{"labels":{"a":true}}"#, "s.labels.a: found true, expected text"),
        (
            r#"{"list":[{},{"number":[]}]}"#,
            "s.list[1].number: found a list, expected a whole number of 32 bits",
        ),
        (r#"{"list":[{"nmae":"x"}]}"#, "unknown field `nmae` in s.list[0]"),
        (r#"{"mode":"Quick"}"#, "s.mode: unknown variant `Quick`, expected one of `Fast`, `Slow`, `At`"),
        (r#"{"mode":{"Slow":"x"}}"#, "s.mode: found the text \"x\", expected a whole number of 64 bits"),
    ];
    for (json, expected) in table {
        let node = Node::from_json(&serde_json::from_str(json).unwrap());
        let mut diagnostics = Vec::new();
        assert!(decode::<Inner>(&node, "s", &mut Vec::new(), &mut diagnostics).is_none());
        assert_eq!(diagnostics[0].message, expected);
    }
}

#[test]
fn every_wrong_type_and_unknown_field_is_reported() {
    let json = r#"{"number":"4","list":[{"name":5},7,{"flag":1,"x":2},{"labels":[]}],"mode":3,"y":1}"#;
    let node = Node::from_json(&serde_json::from_str(json).unwrap());
    let (mut diagnostics, mut mistyped) = (Vec::new(), Vec::new());
    assert!(decode::<Inner>(&node, "s", &mut mistyped, &mut diagnostics).is_none());
    mistyped.sort();
    let expected =
        ["s.list[0].name", "s.list[1]", "s.list[2].flag", "s.list[3].labels", "s.mode", "s.number"];
    assert_eq!(mistyped, expected);
    let mut unknown: Vec<&str> =
        diagnostics.iter().filter(|d| d.code == "unknown-field").map(|d| d.message.as_str()).collect();
    unknown.sort();
    assert_eq!(unknown, ["unknown field `x` in s.list[2]", "unknown field `y` in s"]);
}

#[test]
fn good_values_pass() {
    let json =
        r#"{"number":3.0,"name":null,"labels":{"a":"b"},"list":[{"mode":"Fast"},{"mode":{"At":{"x":1}}}]}"#;
    let node = Node::from_json(&serde_json::from_str(json).unwrap());
    let mut diagnostics = Vec::new();
    let decoded: Inner = decode(&node, "s", &mut Vec::new(), &mut diagnostics).unwrap();
    assert_eq!((decoded.number, diagnostics.len()), (Some(3), 0));
    assert!(matches!(decoded.list.unwrap()[1].mode, Some(Mode::At { x: 1 })));
}
