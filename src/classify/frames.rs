//! Where in the program itself a crash happened.
//!
//! In: the text of a crash with its trace. Out: its innermost frame that is of the program rather than of its
//! runtime or a library: the function and the name of its file, without line numbers and the folders before
//! it, which change from build to build.

use std::sync::LazyLock;

use regex::Regex;

use super::class::Trace;

/// How a runtime writes its frames.
struct Style {
    /// A frame: `function`, `file` or both; over the whole text.
    frame: Regex,
    /// Whether the innermost frame comes last.
    innermost_last: bool,
    /// What marks the part of the text that tells of the root of chained errors: its frames follow the last
    /// one.
    root: Option<&'static str>,
    /// Functions of the runtime and of its frameworks: names, and beginnings of names, which end in a mark.
    functions: &'static [&'static str],
    /// What the paths of the runtime's and of libraries' files hold.
    files: &'static [&'static str],
}

macro_rules! style {
    ($frame:literal, $last:literal, $root:expr, $functions:expr, $files:expr $(,)?) => {
        LazyLock::new(|| Style {
            frame: Regex::new($frame).expect("the pattern is fixed, and tested"),
            innermost_last: $last,
            root: $root,
            functions: $functions,
            files: $files,
        })
    };
}

/// library/std/src/panicking.rs: the panic's place is the caller's own, by `#[track_caller]`.
static RUST: LazyLock<Style> = style!(
    r"panicked at (?:'.*?', )?(?<file>[^\n:]+):\d+:\d+|(?m:^ *\d+: +(?:0x[0-9a-f]+ - )?(?<function>[^\n]+?)(?:::h[0-9a-f]{16})?$)",
    false,
    None,
    &[
        "std::",
        "core::",
        "alloc::",
        "<std::",
        "<core::",
        "<alloc::",
        "rust_",
        "__rust",
        "tokio::",
        "<tokio::",
        "backtrace::",
        "_start",
        "__libc_",
        "clone",
        "clone3",
        "start_thread",
    ],
    &[
        "/rustc/",
        "/.cargo/",
        "/registry/src/",
        "library/core/",
        "library/std/",
        "library/alloc/"
    ],
);
/// Lib/traceback.py.
static PYTHON: LazyLock<Style> = style!(
    r#"(?m)^ *(?:\| *)?File "(?<file>[^"\n]+)", line \d+(?:, in (?<function>[^\n]+))?$"#,
    true,
    None,
    &[],
    &["-packages/", "/lib/python", "<frozen ", "<string>"],
);
/// V8's stack trace API; node: are the runtime's own modules.
static NODE: LazyLock<Style> = style!(
    r"(?m)^ +at (?:async )?(?:(?<function>[^\n(]+?) (?:\[as [^\]\n]*\] )?\((?<file>[^\n()]+?)(?::\d+:\d+)?\)|(?<path>[^\n()]+?):\d+:\d+)$",
    false,
    None,
    &["Module.", "Array."],
    &["node:", "/node_modules/", "internal/", "<anonymous>"],
);
/// src/runtime/traceback.go: a line for the function, an indented one for its place.
static GO: LazyLock<Style> = style!(
    r"(?m)^(?<function>[\w.\-/*()%]+?)\((?:0x[0-9a-f?]+|\{|\.\.\.|\))[^\n]*\n\t(?<file>[^\n:]+):\d+",
    false,
    None,
    &[
        "runtime.",
        "runtime/",
        "panic",
        "net/http.",
        "internal/",
        "reflect.",
        "syscall.",
        "testing.",
        "sync."
    ],
    &["/pkg/mod/", "/vendor/"],
);
/// java.lang.Throwable.printStackTrace.
static JAVA: LazyLock<Style> = style!(
    r"(?m)^\s+at (?:[\w.@\-]*/+)*(?<function>[\w.$<>]+)\((?:[^\n)]*)\)",
    false,
    Some("Caused by:"),
    &[
        "java.",
        "javax.",
        "jakarta.",
        "jdk.",
        "sun.",
        "com.sun.",
        "kotlin.",
        "scala.",
        "org.springframework.",
        "org.apache.",
        "io.netty.",
        "reactor.",
        "org.hibernate.",
        "com.fasterxml.",
        "org.eclipse.",
    ],
    &[],
);
/// System.Diagnostics.StackTrace.ToString: of chained exceptions the inner one's frames come first.
static DOTNET: LazyLock<Style> = style!(
    r"(?m)^\s+at (?<function>[\w.`<>+\[\],]+)\([^\n]*?\)(?: in (?<file>[^\n]+?):line \d+)?",
    false,
    None,
    &["System.", "Microsoft."],
    &[],
);
/// error.c rb_error_write: the place, then `from` lines.
static RUBY: LazyLock<Style> = style!(
    r"(?m)^\s*(?:from )?(?<file>[^\n:]+\.rb):\d+:in [`'](?<function>[^'\n]+)'",
    false,
    None,
    &[],
    &["/gems/", "/lib/ruby/", "<internal:"],
);
/// Zend/zend_exceptions.c.
static PHP: LazyLock<Style> = style!(
    r" in (?<path>/[^\n:]+):\d+|(?m:^#\d+ (?<file>/[^\n(]+)\(\d+\): (?<function>[^\n(]+)\()",
    false,
    None,
    &[],
    &["/vendor/"],
);
/// src/shared/elf-util.c of systemd: frames of a core dump, with the module that holds the function.
static C: LazyLock<Style> = style!(
    r"(?m)^ *#\d+ +0x[0-9a-f]+ (?<function>[^\s(]+) \((?<file>[^\s)]+)",
    false,
    None,
    &[
        "n/a", "abort", "raise", "__", "_start", "malloc_", "free", "std::"
    ],
    &[
        "libc.so",
        "libc-",
        "ld-linux",
        "libpthread",
        "libstdc++",
        "linux-vdso"
    ],
);

/// The innermost frame of the program itself: `function (file)`, or what of it is known. `None` where the text
/// has no such frame.
pub fn place(style: Trace, text: &str) -> Option<String> {
    let style = match style {
        Trace::Rust => &RUST,
        Trace::Python => &PYTHON,
        Trace::Node => &NODE,
        Trace::Go => &GO,
        Trace::Java => &JAVA,
        Trace::Dotnet => &DOTNET,
        Trace::Ruby => &RUBY,
        Trace::Php => &PHP,
        Trace::C => &C,
        Trace::Lines => return None,
    };
    let text = style
        .root
        .and_then(|root| text.get(text.rfind(root)?..))
        .unwrap_or(text);
    let mut own = style.frame.captures_iter(text).filter_map(|frame| {
        let function = frame.name("function").map(|m| m.as_str().trim());
        let file = frame.name("file").or_else(|| frame.name("path"));
        let file = file.map(|m| m.as_str());
        let is_library = function
            .is_some_and(|f| style.functions.iter().any(|name| is_of(f, name)))
            || file.is_some_and(|f| style.files.iter().any(|part| f.contains(part)));
        (!is_library).then(|| written(function, file))
    });
    let found = if style.innermost_last {
        own.last()
    } else {
        own.next()
    };
    found.filter(|place| !place.is_empty())
}

/// Whether the function is the named one, or is of the named module.
fn is_of(function: &str, name: &str) -> bool {
    if name.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        function == name
    } else {
        function.starts_with(name)
    }
}

fn written(function: Option<&str>, file: Option<&str>) -> String {
    let file = file.map(|path| path.rsplit(['/', '\\']).next().unwrap_or(path));
    match (function, file) {
        (Some(function), Some(file)) => format!("{function} ({file})"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(style: Trace, text: &str, expected: Option<&str>) {
        assert_eq!(place(style, text).as_deref(), expected, "{text}");
    }

    #[test]
    fn the_innermost_frame_of_the_program_is_found() {
        finds(
            Trace::Rust,
            "thread 'main' panicked at src/load.rs:36:69:\ncalled `Option::unwrap()` on a `None` value",
            Some("load.rs"),
        );
        finds(
            Trace::Rust,
            "thread 'main' panicked at /rustc/0a1b/library/core/src/slice/index.rs:1:2:\nrange end\n\
             stack backtrace:\n   0: rust_begin_unwind\n   1: core::panicking::panic_fmt::h0123456789abcdef\n   \
             2: botd::features::load::h0123456789abcdef\n             at src/features.rs:3:1\n   3: botd::main",
            Some("botd::features::load"),
        );
        finds(
            Trace::Python,
            "Traceback (most recent call last):\n  File \"/srv/a/app.py\", line 9, in main\n    load()\n  File \
             \"/srv/a/store.py\", line 4, in load\n    json.loads(x)\n  File \"/usr/lib/python3.11/json/__init__.py\", \
             line 346, in loads\nValueError: no",
            Some("load (store.py)"),
        );
        finds(
            Trace::Node,
            "/srv/app/index.js:3\nlet x\n   ^\n\nTypeError: x\n    at Array.map (<anonymous>)\n    at node:internal/a:1:2\n    \
             at Room.load (/srv/app/room.js:6:23)",
            Some("Room.load (room.js)"),
        );
        finds(
            Trace::Node,
            "TypeError: x\n    at /srv/app/room.js:6:23",
            Some("room.js"),
        );
        finds(
            Trace::Go,
            "panic: boom\n\ngoroutine 1 [running]:\npanic({0x1, 0x2})\n\t/usr/local/go/src/runtime/panic.go:884 +0x1\n\
             main.(*Server).load(0xc000010000)\n\t/src/main.go:12 +0x1d\nmain.main()\n\t/src/main.go:5 +0x1",
            Some("main.(*Server).load (main.go)"),
        );
        finds(
            Trace::Java,
            "Exception in thread \"main\" java.lang.IllegalStateException: a\n\tat com.shop.Web.start(Web.java:3)\n\
             Caused by: java.io.IOException: b\n\tat java.base/java.io.Files.read(Files.java:1)\n\t\
             at app//com.shop.Prices.load(Prices.java:77)\n\t... 3 more",
            Some("com.shop.Prices.load"),
        );
        finds(
            Trace::Dotnet,
            "Unhandled exception. System.Exception: a\n   at System.IO.File.Open(String p)\n   at \
             Shop.Prices.Load(String path) in /src/Prices.cs:line 12",
            Some("Shop.Prices.Load (Prices.cs)"),
        );
        finds(
            Trace::Ruby,
            "/usr/lib/ruby/3.1.0/json.rb:3:in `parse': no (JSON::ParserError)\n\tfrom /srv/app/prices.rb:12:in `load'",
            Some("load (prices.rb)"),
        );
        finds(
            Trace::Php,
            "PHP Fatal error:  Uncaught Exception: no in /srv/vendor/x/y.php:3\nStack trace:\n#0 /srv/app/prices.php(12): load()",
            Some("load (prices.php)"),
        );
        finds(
            Trace::C,
            "Process 8 (geod) of user 9 dumped core.\n\nStack trace of thread 8:\n#0  0x00007f12ab abort (libc.so.6 + \
             0x26)\n#1  0x0000562f1b parse_line (geod + 0x11d3)",
            Some("parse_line (geod)"),
        );
    }

    #[test]
    fn a_text_without_frames_of_the_program_has_no_place() {
        finds(Trace::Rust, "fatal runtime error: stack overflow", None);
        finds(
            Trace::Python,
            "Traceback (most recent call last):\n  File \"/usr/lib/python3.11/runpy.py\", line 9, in run\nKeyError: 1",
            None,
        );
        finds(Trace::Go, "panic: boom", None);
        finds(Trace::Lines, "a\nb", None);
    }
}
