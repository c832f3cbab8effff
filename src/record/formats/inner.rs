//! Records within records.

use crate::record::Record;

/// A message that is a JSON object becomes that object's message.
pub(in crate::record) fn unwrap_json(_record: &mut Record<'_>) {}
