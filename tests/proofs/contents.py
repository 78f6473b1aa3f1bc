"""What hostile specs hold: repetition, nesting, aliases, tags, wrong encodings, more than any machine has."""

from collections.abc import Callable

from dlrun.spec.text import MAX_BYTES

START = "data: {source: digits}\n"  # of a spec that would be valid
ANSI = "\x1b[31m\x1b]0;title\x07"


def filled(piece: str, *, before: str = "", after: str = "", size: int = MAX_BYTES) -> bytes:
    """Return as many of a piece as one file may hold."""
    room = size - len((before + after).encode())
    return (before + piece * (room // len(piece.encode())) + after).encode()


def _lines(line: Callable[[int], str], *, before: str = "") -> bytes:
    """Return numbered lines, as many as one file may hold."""
    text = before + "\n".join(line(i) for i in range(MAX_BYTES // 4 // len(line(0))))
    return text.encode()[:MAX_BYTES]


def _aliases(width: int, depth: int) -> bytes:
    levels = ["a0: &a0 [x]"]
    levels += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * width)}]" for k in range(1, depth)]
    return "\n".join(levels).encode()


def _nested_blocks(levels: int) -> bytes:
    return "".join(" " * k + "a:\n" for k in range(levels)).encode()


# Repetition: what a parser without limits spends a second, a gigabyte, or its stack on.
REPEATED = [
    "[", "]", "{", "}", "[{", "{a: ", "a: ", "- ", "? ", ": ", "? [", "- - ", "-\n", "?\n", ":\n", "a:\n", ",", "[],", "[] ",
    "a\n", "a ", "a", "'", "''", '"', '""', "\\", "#", "#\n", " ", "\t", "\n", "\r", "\r\n", "\x85", "\u2028", " \n", "\t\n",
    "\xe9", "\U0001f600", "\ufeff", "&a ", "&a\n", "*a ", "*a\n", "!a ", "!!a ", "!", "!<a> ", "%", "%YAML 9.9\n",
    "%TAG ! a\n", "%a b\n", "---\n", "--- ", "...\n", "|\n", ">\n", "|", "@", "`", "9", "0x", "-", ".", "+", "1e",
    "<<: *a\n", "a: |\n b\n", "- |\n a\n", "\x00", "\x1b[31m", "\x7f", "a: b: ", "'a': ", "? a\n", "\n ", "$", "\\\n",
    "a\n\n", "a: 'b\n", "0 ", "a #", " #a\n",
]  # fmt: skip

WITHIN = {
    "flow list of numbers": filled("1,", before=f"{START}tags: [", after="]"),
    "flow list of words": filled("ab, ", before=f"{START}tags: [", after="]"),
    "flow list of empty words": filled("'',", before=f"{START}tags: [", after="]"),
    "hidden layers": filled("1,", before=f"{START}architecture: {{hidden: [", after="]}"),
    "2,900 hidden layers": (START + "architecture: {hidden: [" + "1," * 2_900 + "]}").encode(),
    "1,000 hidden layers": (START + "architecture: {hidden: [" + "1," * 1_000 + "]}").encode(),
    "2,900 tags": (START + "tags: [" + "a," * 2_900 + "]").encode(),
    "2,900 wrong tags": (START + "tags: [" + "1," * 2_900 + "]").encode(),
    "900 wrong layers": (START + "architecture: {hidden: [" + "{u: 1}," * 900 + "]}").encode(),
    "900 layers of a wrong kind": (START + "architecture: {hidden: [" + "{activation: x}," * 900 + "]}").encode(),
    "1,450 unknown keys": (START + "\n".join(f"key{i}: 1" for i in range(1_450))).encode(),
    "1,450 unknown keys deep": (START + "optimizer: {" + ",".join(f"betta{i}: 1" for i in range(1_450)) + "}").encode(),
    "1,450 duplicate keys": (START + "seed: 1\n" * 1_450).encode(),
    "9,000 keys": (START + "\n".join(f"key{i}: 1" for i in range(9_000))).encode(),
    "long keys": (START + "\n".join(f"{'k' * 1000}{i}: 1" for i in range(60))).encode(),
    "keys near to a key": (START + "\n".join(f"lerning_rat{i}: 1" for i in range(1_450))).encode(),
    "kinds near to a kind": (START + "optimizer: " + "adam" * 15_000).encode(),
    "one long key": filled("k", before=START, after=": 1"),
    "one long value": filled("v", before=START + "name: "),
    "one long note": filled("v", before=START + "notes: "),
    "one long plain text over lines": filled("v\n ", before=START + "notes: "),
    "one long plain text over blank lines": filled("v\n\n ", before=START + "notes: "),
    "one long single-quoted text": filled("v''", before=START + "notes: '", after="'"),
    "one long double-quoted text": filled("v\\n", before=START + 'notes: "', after='"'),
    "one long text of \\x escapes": filled("\\x41", before=START + 'notes: "', after='"'),
    "one long text of \\U escapes": filled("\\U0001f600", before=START + 'notes: "', after='"'),
    "one long text of \\e escapes": filled("\\e", before=START + 'notes: "', after='"'),
    "one long text of folded lines": filled("v\\\n", before=START + 'notes: "', after='"'),
    "one long literal text": filled(" v\n", before=START + "notes: |\n"),
    "one long literal text of blank lines": filled("\n", before=START + "notes: |\n"),
    "one long folded text": filled(" v\n", before=START + "notes: >\n"),
    "one long whole number": filled("9", before=START + "seed: "),
    "one long hexadecimal": filled("f", before=START + "seed: 0x"),
    "one long negative number": filled("9", before=START + "seed: -"),
    "one long fraction": filled("9", before=START + "regularization: {l2: 0.", after="}"),
    "one long exponent": filled("9", before=START + "regularization: {l2: 1e", after="}"),
    "one long percent": filled("9", before=START + "regularization: {l2: ", after="%}"),
    "one long almost-number": filled("9", before=START + "regularization: {l2: ", after="x}"),
    "a huge float": (START + "regularization: {l2: 1e99999}").encode(),
    "a huge number of epochs": (START + "training: {epochs: 1000000000, batch_size: 1}").encode(),
    "one long path": filled("a/", before="data: {source: {kind: csv, target: y, path: ", after="}}"),
    "one long path of dots": filled("../", before="data: {source: {kind: csv, target: y, path: ", after="}}"),
    "many columns to drop": filled("a,", before="data: {source: {kind: csv, target: y, path: a.csv, drop: [", after="]}}"),
    "one long target": filled("a", before="data: {source: {kind: csv, path: a.csv, target: ", after="}}"),
    "many rates": filled("{epoch: 1, rate: 1},", before=START + "learning_rate: {decay: {kind: manual, rates: [", after="]}}"),
    "590 rates": (START + "learning_rate: {decay: {kind: manual, rates: [" + "{epoch: 1, rate: 1}," * 590 + "]}}").encode(),
    "2,900 probabilities": (START + "regularization: {keep_prob: [" + "0.5," * 2_900 + "]}").encode(),
    "2,900 class weights": (START + "loss: {kind: softmax_cross_entropy, class_weights: [" + "1," * 2_900 + "]}").encode(),
    "a comment after every word": filled(" # a\n", before=START + "notes: a\n"),
    "comments between keys": filled("# a comment\n", before=START),
    "anchors": _lines(lambda i: f"a{i:06}: &a{i} 1"),
    "anchors and aliases": _lines(lambda i: f"a{i:06}: &a{i} [*a{i}]"),
    "aliases, ten to the ninth": _aliases(10, 9),
    "aliases, two to the thirtieth": _aliases(2, 31),
    "an alias of itself": b"a: &a [*a]\n",
    "a document that is an alias of itself": b"&a [*a]",
    "a key that is an alias": b"&a a: *a\n*a : b\n",
    "merge keys": filled("<<: {seed: 1}\n", before=START),
    "a merge key of a list": f"{START}<<: [{{seed: 1}}, {{seed: 2}}]\n".encode(),
    "nested merge keys": filled("<<: {", before=START),
    "blocks nested 1,000 deep": _nested_blocks(1_000),
    "blocks nested 30 deep": _nested_blocks(30),
    "lists nested 31 deep": ("[" * 31 + "]" * 31).encode(),
    "a tag that runs a command": b"a: !!python/object/apply:os.system ['touch escaped']\n",
    "a tag that makes an object": b"!!python/object/new:subprocess.Popen [[touch, escaped]]\n",
    "a tag of a module": b"a: !!python/module:antigravity\nb: !!python/name:os.system\n",
    "a binary tag": filled("QUJD", before="a: !!binary "),
    "an unknown directive": b"%YAML 9.9\n---\n" + START.encode(),
    "a second document": (START + "---\n" + START).encode(),
    "a thousand documents": (("---\n" + START) * 1_000).encode(),
    "an empty file": b"",
    "null": b"null",
    "a number": b"42",
    "a list": b"- data\n- seed\n",
    "a key of every type": b"{1: 2, null: 3, [a]: 4, {b: c}: 5, true: 6, 1.5: 7}",
    "control characters by escape": (START + 'notes: "\\e[31m \\0 \\x07 \\x9b \\ud800"').encode(),
    "an escape beyond Unicode": (START + 'notes: "\\UFFFFFFFF"').encode(),
    "a version beyond numbers": ("%YAML 1." + "9" * 5_000 + "\n---\n" + START).encode(),
    "text that turns around": (START + "notes: \u202egnirts\u202c\nk\u202eey: 1").encode(),
    "a key with a line end": (START + '"a\\nb": 1').encode(),
    "zero-width keys": (START + "\u200bseed: 1\n\u2060seed: 2").encode(),
    "look-alike keys": (START + "\u0455eed: 1\n").encode(),
    "ANSI in a key": (START + ANSI + ": 1").encode(),
    "C1 controls": (START + "\x9b31mkey: 1").encode(),
}  # fmt: skip

ENCODED = {
    "UTF-16 little": START.encode("utf-16"),
    "UTF-16 big": b"\xfe\xff" + START.encode("utf-16-be"),
    "UTF-32": START.encode("utf-32"),
    "Latin-1": b"notes: caf\xe9\n",
    "much UTF-16": (START + "#" * 30_000).encode("utf-16"),
    "0xff and nothing else": b"\xff" * MAX_BYTES,
    "0xff at the end": filled("a", before="#")[:-1] + b"\xff",
    "0xff behind many lines": filled("\n")[:-1] + b"\xff",
    "every byte, many times": bytes(range(256)) * (MAX_BYTES // 256),
    "overlong and surrogate bytes": b"a: \xc0\xaf\xed\xa0\x80",
    "three byte order marks": b"\xef\xbb\xbf" * 3 + START.encode(),
    "a byte too many": b"#" * (MAX_BYTES + 1),
    "NUL first": b"\0" + START.encode(),
    "a program": b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 100,
    "an archive": b"PK\x03\x04" + bytes(1000),
}

GREEDY = {
    "10¹² parameters": "architecture: {hidden: [1000000, 1000000]}",
    "10¹² parameters in float64": "architecture: {hidden: [1000000, 1000000]}\ntraining: {dtype: float64}",
    "many wide layers": "architecture: {hidden: [" + "300000," * 100 + "]}",
    "2 · 10¹² parameters": "architecture: {hidden: [1000000, 1000000, 1000000]}",
    "10¹¹ values": "data: {source: {kind: blobs, examples: 10000000, features: 10000}}",
}  # fmt: skip
