"""Statements' trees in, the source of one Python function over a batch out.

1. No text of a statement is in the source: names are made here, values are bound as objects.
2. The only attributes that are read are those of the templates in `paths`.
3. Every statement stands in a `try` of its own: what it raises is told by its number.
"""

from __future__ import annotations

from .editors import EDITORS, replace_pattern
from .elsewhere import not_here
from .expression import Expressions
from .fault import Fault
from .nearest import did_you_mean
from .signature import ANY, Function, Param
from .syntax import Call, Node, Path, Statement
from .unit import NAMES, Code


class Compiler(Expressions):
    """One statement, or one condition, in its context: adds to the unit, or raises Fault."""

    def statement(self, statement: Statement, depth: int) -> None:
        """The lines of a statement."""
        start, at = len(self._unit.lines), depth
        if statement.where is not None:
            self._unit.line(depth, f"if {self.condition(statement.where)}:")
            depth += 1
        editor = statement.editor
        if editor.name == "drop":
            self._checked(editor, Function("drop", print, ()), ())
            self._unit.line(depth, "continue")
            return
        self._editor(editor, depth)
        if self._about <= {"resource", "scope"}:
            self._unit.once_a_resource(start, at)

    def _editor(self, editor: Call, depth: int) -> None:
        if editor.name == "set":
            self._set(editor, depth)
        elif editor.name in EDITORS:
            self._edit(editor, EDITORS[editor.name], depth)
        else:
            guess = did_you_mean(editor.name, ("set", "drop", *EDITORS))
            said = not_here(editor.name) or f"no editor is called {editor.name}{guess}"
            raise Fault(said, editor.start, editor.start + len(editor.name))

    def _set(self, call: Call, depth: int) -> None:
        signature = Function("set", print, (Param("value", ANY),))
        path = self._target(call)
        (value,) = self._checked(call, signature, call.arguments[1:])
        self._check_type(path, value, call.arguments[1][1])
        if value.literal and value.value is None:
            self._unit.line(depth, f"{self._path(path).text}  # nil sets nothing")
        elif value.literal:
            self._write(path, value, depth)
        else:
            name = self._unit.variable()
            self._unit.line(depth, f"{name} = {value.text}")
            self._unit.line(depth, f"if {name} is not None:")
            self._write(path, Code(name, value.gives, held=value.held), depth + 1)

    def _check_type(self, path: Path, value: Code, node: Node) -> None:
        """Refuses what could never be set: a text as a severity number."""
        wanted = self._path(path).gives
        if "any" not in {wanted, value.gives} and value.gives not in {wanted, "nil"}:
            said = f"{'.'.join(path.names)} holds {NAMES[wanted]}, not {NAMES[value.gives]}"
            raise Fault(said, node.start, node.end)

    def _target(self, call: Call) -> Path:
        first = call.arguments[0][1] if call.arguments else call
        if not isinstance(first, Path):
            said = f"{call.name} needs a path first, such as log.body"
            raise Fault(said, first.start, first.end)
        return first

    def _edit(self, call: Call, editor: Function, depth: int) -> None:
        path = self._target(call)
        arguments = self._checked(call, editor, call.arguments[1:])
        current = self._path(path)
        if editor.gives == "map":
            if current.gives not in {"map", "any"}:
                raise Fault(f"{call.name} needs a map", path.start, path.end)
            current = Code(f"is_map({current.text})", "map")
        before, name = self._unit.variable(), self._unit.variable()
        self._unit.line(depth, f"{before} = {current.text}")
        if editor.call is replace_pattern:
            # Most texts have nothing to replace: 0.1 us for those, where the call takes 0.4.
            begins = self._beginning(before, self._unit.names[arguments[0].text])
            self._unit.line(depth, f"if {' and '.join((f'type({before}) is str', *begins))}:")
            depth += 1
        texts = ", ".join([before, *(argument.text for argument in arguments)])
        self._unit.line(depth, f"{name} = {self._unit.bound(editor.call)}({texts})")
        self._unit.line(depth, f"if {name} is not {before}:")
        self._write(path, Code(name), depth + 1)

    def _write(self, path: Path, code: Code, depth: int) -> None:
        context, field_, names = self._resolved(path)
        keys = self._keys(names, path.keys)
        line = self._unit.line
        value = _kept(code) if keys else code.text
        if keys and field_.read in {"A", "C"} and len(keys) == 1 and keys[0].gives == "str":
            line(depth, f"{field_.read}[{keys[0].text}] = {value}")
            return
        if keys and field_.gives not in {"map", "any"}:
            raise Fault("what this path holds has no keys", path.start, path.end)
        if keys:
            whole = ", ".join(key.text for key in keys)
            value = f"put({field_.read}, ({whole},), {value})"
        if field_.read == "C":
            line(depth, f"C = kept(is_map({value}))")
        elif context == "log":
            if field_.write is None:
                raise Fault("this can only be read", path.start, path.end)
            line(depth, f"{self._unit.bound(field_.write)}(e, {value})")
            if field_.read == "A":
                line(depth, "A = e.attributes")
        else:
            replace = self._unit.bound(field_.replace)
            line(depth, f"replace_resource(e, {replace}(e.resource, {value}), W)")


def _kept(code: Code) -> str:
    """What is stored below a key, bounded where that may be needed."""
    if code.gives in {"int", "float", "bool"} or (code.literal and code.gives == "str"):
        return code.text
    kept = f"kept({code.text})"
    return f"({code.text} if type({code.text}) in SCALARS else {kept})" if code.held else kept
