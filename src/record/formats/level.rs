//! Words for a record's severity.

use crate::record::Severity;

/// The severity that the word names, in any case; `None` where it names none.
pub(in crate::record) fn of(word: &[u8]) -> Option<Severity> {
    let mut upper = [0_u8; 11];
    let upper = upper.get_mut(..word.len())?;
    upper.copy_from_slice(word);
    upper.make_ascii_uppercase();
    Some(match &*upper {
        b"EMERG" | b"EMERGENCY" => Severity::Emergency,
        b"ALERT" | b"ALRT" => Severity::Alert,
        b"CRIT" | b"CRITICAL" | b"FATAL" | b"FATA" | b"FTL" | b"PANIC" | b"PANI" | b"PNC"
        | b"DPANIC" => Severity::Critical,
        b"ERROR" | b"ERR" | b"ERRO" | b"EROR" | b"SEVERE" | b"FAIL" | b"FAULT" => Severity::Error,
        b"WARN" | b"WARNING" | b"WRN" => Severity::Warning,
        b"NOTICE" | b"NOTE" | b"NTC" => Severity::Notice,
        b"INFO" | b"INF" | b"INFORMATION" | b"LOG" | b"CONFIG" | b"DEFAULT" | b"SYSTEM" => {
            Severity::Info
        }
        b"DEBUG" | b"DEBU" | b"SUBDEBUG" | b"DDEBUG" | b"DBG" | b"DEBG" | b"DBUG" | b"TRACE"
        | b"TRC" | b"TRAC" | b"TRCE" | b"BLAT" | b"FINE" | b"FINER" | b"FINEST" | b"VERBOSE" => {
            Severity::Debug
        }
        _ => return None,
    })
}

/// The severity of a word that stands bare in a text: it is in capitals, and no ordinary word.
pub(in crate::record) fn bare(word: &[u8]) -> Option<Severity> {
    let shouted = word.iter().all(u8::is_ascii_uppercase);
    let ordinary = matches!(
        word,
        b"LOG" | b"NOTE" | b"FINE" | b"CONFIG" | b"FAIL" | b"DEFAULT" | b"SYSTEM"
    );
    if shouted && !ordinary { of(word) } else { None }
}

/// The severity that a message without any of its own begins with, in capitals.
pub(crate) fn leading(message: &[u8]) -> Option<Severity> {
    let is_part = |byte: &u8| byte.is_ascii_alphabetic();
    let start = message.iter().position(is_part)?;
    let word = message[start..].split(|byte| !is_part(byte)).next()?;
    bare(word)
}

/// The severity of one letter: klog's, logcat's, MongoDB's.
pub(in crate::record) fn letter(letter: u8) -> Option<Severity> {
    Some(match letter {
        b'F' => Severity::Critical,
        b'E' => Severity::Error,
        b'W' => Severity::Warning,
        b'N' => Severity::Notice,
        b'I' => Severity::Info,
        b'D' | b'V' | b'T' => Severity::Debug,
        _ => return None,
    })
}
