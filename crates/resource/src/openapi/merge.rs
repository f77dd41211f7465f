//! One JSON document laid over another.

use serde_json::Value;

/// Objects are merged member by member; anything else of `over` replaces what is there.
pub(crate) fn onto(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (name, value) in over {
                match base.get_mut(&name) {
                    Some(below) => onto(below, value),
                    None => {
                        base.insert(name, value);
                    }
                }
            }
        }
        (base, over) => *base = over,
    }
}
