"""From loops to C: one file that reads like the equations."""

from __future__ import annotations

import re
from itertools import count, zip_longest
from math import prod
from textwrap import wrap
from typing import Any

import numpy as np

from .library import HEADER, needed
from .loops import (
    Access,
    Callback,
    Convolution,
    Dims,
    Expr,
    Guard,
    Loop,
    Product,
    Repeat,
    Statement,
    Store,
    flat,
    ordered,
    summed_inside,
)  # fmt: skip
from .numbers import Option
from .scalar import FLOATING, INDICES, SCALAR, Names, c_type, index_text, number
from .shares import POOL, SHARES, in_blocks, meetings, packs, shared_dimension, worth_threads
from .step_list import Storage
from .text.calls import Calls
from .text.equations import comment
from .text.functions import Alike, alike, needed_once
from .text.sections import Said, title_of

_WIDTH = 118
_COLUMN = 57
_SHORT = 60  # so long may be what is written where it is needed, and not in a line of its own


class Emitter(Calls):
    """The text of a program's C functions, one per piece between callbacks."""

    def __init__(
        self, groups: list[Statement], options: list[Option], names: Names, offsets: dict[int, int], gone: set[int]
    ) -> None:
        self.groups = groups
        self.options = options
        self.names = names
        self.offsets = offsets
        self.gone = gone
        self.leaves: list[Option] = []
        self.leaf_names: dict[int, str] = {}
        self.option_names: list[str] = []
        self.lines: list[str] = []
        self.depth = 1
        self.bound: list[Storage] = []  # memories that are passed in, in the order of ``memory``
        self.guards: list[Guard] = []
        self.threads = True  # whether large pieces may be divided among threads
        self.sharing = False  # whether the present piece is divided among threads

    # ------------------------------------------------------------------------------------------------------------------- text
    def say(self, text: str) -> None:
        self.lines.append("    " * self.depth + text if text else "")

    def pieces(self) -> list[list[Statement] | Callback]:
        """The statements between callbacks, and the callbacks."""
        found: list[list[Statement] | Callback] = []
        for group in self.groups:
            if isinstance(group, Callback):
                found.append(group)
            elif found and isinstance(found[-1], list):
                found[-1].append(group)
            else:
                found.append([group])
        return found

    def run(self, title: str) -> str:
        """The whole file."""
        for option in self.options:
            self._leaves(option)
        functions = self.functions()
        pool = f"{SHARES}\n{POOL}\n" if "together(" in functions else ""
        helpers = needed(functions)
        tools = f"{pool}{helpers}"
        called = [
            n for n in dict.fromkeys(re.findall(r"\b(\w+)\(", functions)) if re.search(rf"^(\w.*|#define ){n}\b", tools, re.M)
        ]
        told = f". source(helpers=True) shows {', '.join(called)}, too" if called else ""
        self.step = "\n".join([*comment(f"{title}{told}", 0), functions])
        return f"{HEADER}\n{pool}{helpers}{self.step}"

    def functions(self) -> str:
        """The functions of the pieces."""
        body: list[str] = []
        number = 0
        for piece in self.pieces():
            if isinstance(piece, Callback):
                body.append(f"/* then NumPy computes {piece.entry.name()}: {piece.reason} */\n")
                continue
            body.append(self._function(piece, number))
            number += 1
        return "\n".join(body)

    def _leaves(self, option: Any) -> None:
        if not isinstance(option, Option):
            return
        if option.apply is None and not any(o.place is option.place and o.key == option.key for o in self.leaves):
            self.leaves.append(option)
            key = option.key
            wanted = key if isinstance(key, str) else f"{str(key[0]).rstrip('s')}{key[1] + 1}"
            wanted = "steps" if key == "step" else wanted  # so many there have been
            self.leaf_names[len(self.leaves) - 1] = self.names.fresh(wanted)
        for part in option.parts:
            self._leaves(part)

    def option_text(self, option: Any) -> str:
        """A number's expression in C."""
        if not isinstance(option, Option):
            return repr(float(option)) if isinstance(option, float) else str(option)
        if option.apply is None:
            at = next(i for i, o in enumerate(self.leaves) if o.place is option.place and o.key == option.key)
            return self.leaf_names[at]
        parts = [self.option_text(p) for p in option.parts]
        if option.symbol == "**":
            exponent = option.parts[1]
            if isinstance(exponent, float) and exponent == 0.5:
                return f"sqrt({parts[0]})"
            return f"pow({_bare(parts[0])}, {_bare(parts[1])})"
        if option.symbol == "//":
            return f"floor({parts[0]} / {parts[1]})"
        if option.symbol == "%":
            return f"modulo({parts[0]}, {parts[1]})"
        if len(parts) == 1:
            return f"-{parts[0]}" if option.symbol == "-" else f"fabs({parts[0]})"
        return f"({parts[0]} {option.symbol} {parts[1]})"

    # -------------------------------------------------------------------------------------------------------------- functions
    def _function(self, statements: list[Statement], number_: int) -> str:
        self.lines = []
        self.comments: list[tuple[str, list[tuple[str, dict[str, Storage]]]]] = []
        used: dict[int, Storage] = {}
        options: set[int] = set()
        for s in statements:
            for access, _ in (*s.reads(), *s.writes()):
                if access.storage.number not in self.gone:
                    used[access.storage.number] = access.storage
                    self._dtype_of(access)
        for s, _ in flat(statements):
            if isinstance(s, Loop):
                options |= {p.args[0] for st in s.stores for p in st.value.walk() if p.op == "option"}
        leaves = sorted({at for o in options for at in self._leaf_numbers(self.options[o])})
        if leaves:
            self._assign(f"const double {', '.join(f'{self.leaf_names[at]} = numbers[{at}]' for at in leaves)};")
        self.local_options: dict[int, str] = {}
        self._table([self._declaration(storage) for storage in used.values()])
        self.sharing = self.threads and worth_threads(statements)
        self.meets = meetings(statements, self.offsets) if self.sharing else set()
        self.packs = packs(statements) if self.threads else {}
        self.packed: dict[Any, str] = {}
        groups = alike(statements, self.gone, self.names.of, 1 + max(self.names.of, default=0))
        self.alike = {id(loop): (group, places) for group in groups for loop, places in zip(group.loops, group.places, strict=True)}
        self.outlined: list[str] = []
        self.stepped: set[str] = set()  # optimizers whose equations have been said
        self._statements(statements)
        self.say("return 0;")
        text = self._commented()
        unused = [p for p in ("memory", "work", "numbers") if not re.search(rf"\b{p}\b", text)]
        voids = "".join(f"    (void){p};\n" for p in unused)
        given = "char *const *memory, char *work, const double *numbers"
        outlined = "".join(self.outlined)
        head = f"int piece_{number_}({given})\n{{\n"
        if not self.sharing:
            return f"{outlined}{head}{voids}{text}\n}}\n"
        part = f"static int part_{number_}({given}, int me, int all)\n{{\n{voids}{text}\n}}\n\nint threads_{number_} = 1;\n\n"
        return f"{outlined}{part}{head}    return together(part_{number_}, memory, work, numbers, threads_{number_});\n}}\n"

    def _statements(self, statements: list[Statement]) -> None:
        self.above: Said = {}
        for s in statements:
            if id(s) in self.alike:
                self._section(self.alike[id(s)][0], s)
            elif not isinstance(s, Repeat):
                self._equations(s)
            if id(s) in self.meets:
                self.say("MEET")
            self._statement(s)

    def _outline(self, group: Alike) -> None:
        """The function for loops that are alike, with their equations above it."""
        entry = group.loops[0].stores[-1].entry
        for option in dict.fromkeys(p.args[0] for s in group.model.stores for p in s.value.walk() if p.op == "option"):
            self._option(option)
        before, self.lines, self.depth = self.lines, [], 0
        comments, self.comments = self.comments, []
        group.name = self.names.fresh(f"each_{entry.op or entry.name()}" if entry is not None else "each")
        rates = {self.local_options[p.args[0]]: None for s in group.model.stores for p in s.value.walk() if p.op == "option"}
        params = ["int64_t begin, int64_t end" if self.sharing else "int n", *[f"double {rate}" for rate in rates]]
        taken = {
            *rates,
            *[self.names.of[s.target.storage.number] for s in group.model.stores if s.target.storage.number in self.gone],
        }
        for memory in group.memories:
            name = next(n for i in count(1) if (n := f"{memory.name}_{i}" if i > 1 else memory.name) not in taken)
            taken.add(name)
            self.names.of[memory.number] = name
            kind = next(a.dtype for a, _ in (*group.model.reads(), *group.model.writes()) if a.storage is memory)
            self.types[memory.number] = kind
            params.append(f"{'' if memory.number in group.written else 'const '}{c_type(kind)} *{name}")
        self.above = {}
        self.stepped -= {entry.op if entry is not None else ""}
        self._equations(group.loops[0])
        head = f"static void {group.name}({', '.join(p.replace(' ', '~') for p in params)})"
        self.lines += [line.replace("~", " ") for line in wrap(head, _WIDTH, subsequent_indent=" " * 8)]
        self.say("{")
        self.depth = 1
        self.say("EACH")
        bounds = ("int64_t i = begin", "end") if self.sharing else ("int i = 0", "n")
        self.say(f"for ({bounds[0]}; i < {bounds[1]}; i++) {{")
        self.depth = 2
        self._body(group.model, ["i"], {})
        self._close(0)
        self.outlined.append(self._commented().lstrip("\n") + "\n\n")
        self.lines, self.depth, self.comments = before, 1, comments
        group.rates = list(rates)

    def _call_of(self, loop: Loop) -> None:
        """A call of the function for loops that are alike."""
        group, places = self.alike[id(loop)]
        n = prod(loop.dims)
        share = self.sharing and shared_dimension(loop) is not None
        part = f"FROM({n}, 16), TO({n}, 16)" if share else f"0, {n}" if self.sharing else str(n)
        given = [f"{self.names.of[a.storage.number]}{f' + {a.offset}' if a.offset else ''}" for a in places]
        if self.sharing and not share:
            self.say("if (me == 0)")
        self.depth += self.sharing and not share
        self._assign(f"{group.name}({', '.join([part, *group.rates, *given])});")
        self.depth -= self.sharing and not share

    def _leaf_numbers(self, option: Any) -> set[int]:
        if not isinstance(option, Option):
            return set()
        if option.apply is None:
            return {i for i, o in enumerate(self.leaves) if o.place is option.place and o.key == option.key}
        return set().union(*[self._leaf_numbers(p) for p in option.parts])

    def _dtype_of(self, access: Access) -> None:
        self.types = getattr(self, "types", {})
        self.types.setdefault(access.storage.number, access.dtype)

    def _table(self, cells: list[str]) -> None:
        """Short lines two in a row, and then the others."""
        short = [cell for cell in cells if len(cell) <= _COLUMN]
        for pair in zip_longest(short[::2], short[1::2], fillvalue=""):
            self.say(f"{pair[0]:<{_COLUMN}} {pair[1]}".rstrip())
        for cell in cells:
            if len(cell) > _COLUMN:
                self.say(cell)

    def _declaration(self, storage: Storage) -> str:
        kind = c_type(self.types[storage.number])
        name = self.names.of[storage.number]
        if storage.number in self.offsets:
            place = f"(work + {self.offsets[storage.number]})" if self.offsets[storage.number] else "work"
        else:
            if storage not in self.bound:
                self.bound.append(storage)
            place = f"memory[{self.bound.index(storage)}]"
        size = storage.size // self.types[storage.number].itemsize
        return f"{kind} *const {name} = ({kind} *){place}; /* {size} */"

    def _statement(self, s: Statement) -> None:
        if id(s) in self.alike and isinstance(s, Loop):
            self._call_of(s)
        elif isinstance(s, Loop):
            self._loop(s)
        elif isinstance(s, Product):
            self._product(s)
        elif isinstance(s, Convolution):
            self._convolution(s)
        elif isinstance(s, Guard):
            self.guards.append(s)
            test = self._load(s.access, [])
            self.say(f"if ({'!' if s.answer else ''}{test})")
            self.say(f"    return {len(self.guards)};")
        elif isinstance(s, Repeat):
            for product, _ in flat(s.body):
                if isinstance(product, Product) and id(product) in self.packs and self.packs[id(product)] not in self.packed:
                    self._part_of_product(product, "columns" if self.sharing else None, [], pack=True)
            self.say(f"for (int64_t turn = 0; turn < {s.turns}; turn++) {{")
            self.depth += 1
            self._statements(s.body)
            self._close(self.depth - 1)

    # ------------------------------------------------------------------------------------------------------------------ loops
    def _loop(self, loop: Loop) -> None:
        loop = ordered(loop)
        dims = loop.dims
        indices = list(INDICES[: len(dims)]) if len(dims) <= len(INDICES) else [f"i{d}" for d in range(len(dims))]
        reduces = [s for s in loop.stores if s.reduce]
        # The innermost dimensions that every reduction of this loop sums over are summed into locals.
        suffix = summed_inside(loop)
        inner = suffix < len(dims)
        start = self.depth
        share = shared_dimension(loop) if self.sharing else None
        blocks = self.sharing and in_blocks(loop)
        for option in dict.fromkeys(p.args[0] for s in loop.stores for p in s.value.walk() if p.op == "option"):
            self._option(option)
        if self.sharing and share is None and not blocks:
            self.say("if (me == 0) {")
            self.depth += 1
        if not inner and dims:
            self._for(dims, indices, 0, len(dims), loop, share=share)
            self._body(loop, indices, {})
            self._close(start)
            return
        self._for(dims, indices, 0, suffix, None, share=share)
        sums: dict[int, str] = {}
        if inner:
            if not suffix:
                self.say("{")
                self.depth += 1
            self._sum(loop, reduces, dims, indices, suffix, sums)
        else:
            self._body(loop, indices, {})
        self._close(start)

    def _option(self, at: int) -> None:
        if at in self.local_options:
            return
        text = _bare(self.option_text(self.options[at]))
        name = self.names.fresh("rate") if not text.isidentifier() else text
        if name != text:
            self.say(f"const double {name} = {text};")
        self.local_options[at] = name

    def _sum(self, loop: Loop, reduces: list[Store], dims: Dims, indices: list[str], suffix: int, sums: dict[int, str]) -> None:
        long_ = prod(dims[suffix:]) > 4096
        for s in reduces:
            kind = c_type(s.target.dtype)
            name = self.names.fresh("total") if long_ else self.names.fresh("sum" if s.reduce == "add" else s.reduce or "sum")
            sums[id(s)] = name
            if s.start is not None:
                start = number(s.start, s.target.dtype)
            elif s.reduce in ("maximum", "minimum"):
                start = self._load(s.target, indices)
            else:
                start = number(1 if s.reduce == "multiply" else 0, s.target.dtype)
            kind = "double" if long_ and s.reduce == "add" and s.target.dtype.kind == "f" else kind
            self.say(f"{kind} {name} = {start};")
        depth = self.depth
        added = [s for s in reduces if s.reduce == "add"]
        if long_ and len(dims) == suffix + 1 and len(added) == len(reduces):
            n, i = dims[-1], indices[-1]
            held: dict[int, str] = {}
            if self.sharing:
                for s in reduces:
                    held[id(s)] = self.names.fresh("parts")
                    self.say(f"static {c_type(s.target.dtype)} {held[id(s)]}[{-(-n // 2048)}];")
                self.say(f"for (int64_t begin = FROM({n}, 2048); begin < TO({n}, 2048); begin += 2048) {{")
            else:
                self.say(f"for (int begin = 0; begin < {n}; begin += 2048) {{")
            self.depth += 1
            parts = {}
            for s in reduces:
                parts[id(s)] = self.names.fresh("part")
                self.say(f"{c_type(s.target.dtype)} {parts[id(s)]} = 0;")
            self.say(f"const int64_t end = begin + 2048 < {n} ? begin + 2048 : {n};")
            self.say(f"SUM({', '.join(parts.values())})")
            self.say(f"for (int64_t {i} = begin; {i} < end; {i}++) {{")
            self.depth += 1
            self._body(loop, indices, parts)
            self._close(self.depth - 1)
            for s in reduces:
                into = f"{held[id(s)]}[begin / 2048] =" if held else f"{sums[id(s)]} +="
                self.say(f"{into} {parts[id(s)]};")
            self._close(depth)
            if held:
                self.say("MEET")
                self.say("if (me == 0) {")
                self.depth += 1
                self.say(f"for (int block = 0; block < {-(-n // 2048)}; block++) {{")
                for s in reduces:
                    self.say(f"    {sums[id(s)]} += {held[id(s)]}[block];")
                self.say("}")
        else:
            self._for(dims, indices, suffix, len(dims), loop, [sums[id(s)] for s in added] if len(added) == len(reduces) else None)
            self._body(loop, indices, sums)
            self._close(depth)
        for s in reduces:
            target = self._load(s.target, indices)
            total = sums[id(s)]
            self.say(f"{target} = {total if s.start is not None else combined(s.reduce or '', target, total, s.target.dtype)};")

    def _for(
        self, dims: Dims, indices: list[str], first: int, last: int, loop: Loop | None, sums: list[str] | None = None,
        share: int | None = None,
    ) -> None:  # fmt: skip
        for d in range(first, last):
            if d == len(dims) - 1 and loop is not None and not loop.ordered:
                if sums:
                    self.say(f"SUM({', '.join(sums)})")
                elif sums is None and not any(s.reduce and s.target.strides[d] == 0 for s in loop.stores):
                    self.say("EACH")
            i = indices[d]
            low, high = (
                ("0", dims[d]) if d != share else (f"FROM({dims[d]}, {_group(dims, d)})", f"TO({dims[d]}, {_group(dims, d)})")
            )
            # An int whose range the compiler does not know may wrap, and addresses that may wrap become gathers.
            kind = "int" if d != share else "int64_t"
            self.say(f"for ({kind} {i} = {low}; {i} < {high}; {i}++) {{")
            self.depth += 1

    def _close(self, depth: int) -> None:
        while self.depth > depth:
            self.depth -= 1
            self.say("}")

    def _body(self, loop: Loop, indices: list[str], sums: dict[int, str]) -> None:
        declared: set[int] = set()
        self._name_registers(loop)
        later = [{p.args[0] for p in s.value.walk() if p.op == "local"} for s in loop.stores]
        once = needed_once(loop, self.gone)
        self.inlined: dict[int, str] = {}
        self.values: dict[int, Expr] = {}
        for i, s in enumerate(loop.stores):
            value = self._expr(s.value, indices)
            if i in once and len(value) <= _SHORT:
                self.inlined[s.register], self.values[s.register] = value, s.value
                continue
            if s.reduce:
                target = sums.get(id(s)) or self._load(s.target, indices)
                if s.reduce == "add":
                    self._assign(f"{target} += {_bare(value)};")
                else:
                    self._assign(f"{target} = {combined(s.reduce, target, value, s.target.dtype)};")
                continue
            gone = s.target.storage.number in self.gone
            target = "" if gone else self._load(s.target, indices)
            if gone or s.dead or any(s.register in registers for registers in later[i + 1 :]):
                name = self.registers[s.register]
                kind = "" if s.register in declared else f"{c_type(s.target.dtype)} "
                if kind or name != _bare(value):  # a clipped index may be its own value
                    self._assign(f"{kind}{name} = {_bare(value)};")
                declared.add(s.register)
                if not gone and not s.dead:
                    self.say(f"{target} = {name};")
            else:
                self._assign(f"{target} = {_bare(value)};")

    def _name_registers(self, loop: Loop) -> None:
        """Name the registers of a loop after their memories, with a number where one memory has several registers."""
        self.registers: dict[int, str] = {}
        several: dict[int, int] = {}
        for s in loop.stores:
            if s.register >= 0 and s.register not in self.registers:
                number_ = s.target.storage.number
                name = self.names.of[number_]
                count = several[number_] = several.get(number_, 0) + 1
                if number_ not in self.gone:
                    # A loop without dimensions has no block of its own, so its registers live as long as the function.
                    name = f"{name}_" if loop.dims else self.names.fresh(f"{name}_")
                self.registers[s.register] = name if count == 1 else self.names.fresh(f"{name}{count}_")

    def _assign(self, text: str) -> None:
        """A line, broken where it is too long."""
        room = _WIDTH - 4 * self.depth
        if len(text) <= room:
            self.say(text)
            return
        cut = max((m.start() for m in re.finditer(r" (?=[-+*/?:<>=&|] )|(?<=,) ", text[:room])), default=0)
        if cut < 20:
            self.say(text)
            return
        self.say(text[:cut])
        self.depth += 1
        self._assign(text[cut + 1 :])
        self.depth -= 1

    # ------------------------------------------------------------------------------------------------------------ expressions
    def _load(self, access: Access, indices: list[str]) -> str:
        name = self.names.of[access.storage.number]
        if access.dtype != self.types[access.storage.number]:
            name = f"(({c_type(access.dtype)} *){name})"
        text = index_text(access.offset, (access.step, *access.strides), ["turn", *indices[: len(access.strides)]])
        for index, stride, length in access.via:
            found = f"within({self._load(index, indices)}, {length})"
            text += f" + {stride} * {found}" if stride != 1 else f" + {found}"
        return f"{name}[{text}]"

    def _expr(self, e: Expr, indices: list[str]) -> str:
        if e.op == "load":
            return self._load(e.args[0], indices)
        if e.op == "number":
            text = number(e.args[0], e.dtype)
            return f"({text})" if text.startswith("-") else text
        if e.op == "option":
            name = self.local_options[e.args[0]]
            return name if c_type(e.dtype) == "double" else f"({c_type(e.dtype)}){name}"
        if e.op == "local":
            return self.inlined.get(e.args[0]) or self.registers[e.args[0]]
        parts = [self._expr(a, indices) for a in e.args]
        if e.op == "cast":
            if e.dtype.kind == "b":
                return f"({parts[0]} != 0)"
            return f"({c_type(e.dtype)}){parts[0]}"
        operand = e.args[-1].dtype
        floating = operand.kind == "f"
        suffix = ("f" if operand.itemsize == 4 else "") if floating else ""
        kind = ("f" if operand.itemsize == 4 else "d") if floating else ("u" if operand.kind in "ub" else "i")
        if e.op in FLOATING and not floating:
            raise AssertionError(f"{e.op} of {operand}")
        template = SCALAR[e.op]
        if e.op == "where":
            values = [_bare(p) for p in parts]
            return f"where{kind}({', '.join(values)})" if floating else f"({parts[0]} ? {values[1]} : {values[2]})"
        if e.op in ("add", "subtract") and floating:
            parts = [_bare(p) if isinstance(a, Expr) and self._binds(a) else p for a, p in zip(e.args, parts, strict=True)]
        called = re.match(r"[\w{}]+\(", template) is not None and template.endswith(")")
        bare = [_bare(p) for p in parts] if called and template.count("(") == 1 else parts
        text = template.format(*bare, f=suffix, t=kind)
        if (operand.kind in "iu" and operand.itemsize < 4) or (operand.kind == "b" and e.op == "invert"):
            text = f"{text.replace('~', '!')}" if operand.kind == "b" else f"({c_type(e.dtype)})({text})"
        return text if called else f"({text})"

    def _binds(self, e: Expr) -> bool:
        """Whether an expression is a product or a quotient, which binds its operands closer than a sum does."""
        while e.op == "local" and e.args[0] in self.inlined:
            e = self.values[e.args[0]]
        return e.op in ("multiply", "divide", "true_divide")


def _group(dims: Dims, d: int) -> int:
    """How many neighbours in a shared dimension one thread keeps together: in the innermost dimension, a line of the cache."""
    return 16 if d == len(dims) - 1 else 1


def combined(reduce: str, target: str, value: str, dtype: np.dtype[Any]) -> str:
    """One step of a reduction: the new value of the target."""
    if reduce == "add":
        return f"{target} + {_bare(value) if reduce == 'add' else value}"
    if reduce == "multiply":
        return f"{target} * {value}"
    kind = ("f" if dtype.itemsize == 4 else "d") if dtype.kind == "f" else "u" if dtype.kind in "ub" else "i"
    return f"{'max' if reduce == 'maximum' else 'min'}{kind}({target}, {_bare(value)})"


def _bare(text: str) -> str:
    """An expression without the parentheses around all of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0 and i < len(text) - 1:
            return text
    return text[1:-1]


__all__ = ["Emitter", "Names", "title_of"]
