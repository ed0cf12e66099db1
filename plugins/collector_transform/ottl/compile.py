"""Statements' trees in, the source of one Python function over a batch out.

1. No text of a statement is in the source: names are made here, values are bound as objects.
2. The only attributes that are read are those of the templates in `paths`.
3. Every statement stands in a `try` of its own: what it raises is told by its number.
"""

from __future__ import annotations

from . import paths
from .converters.every import CONVERTERS
from .converters.text import is_match
from .editors import EDITORS
from .fault import Misread
from .nearest import did_you_mean
from .regex import Pattern
from .signature import ANY, REQUIRED, Function, Param
from .syntax import (
    Call,
    Compare,
    Junction,
    ListOf,
    Literal,
    MapOf,
    Math,
    Name,
    Node,
    Not,
    Path,
    Statement,
)
from .unit import CALCULATIONS, SIGNS, Code, Unit

_KINDS: dict[type, str] = {
    str: "str", int: "int", float: "float", bool: "bool", bytes: "bytes", type(None): "nil",
}  # fmt: skip
_NUMERIC = {"int", "float"}


class Compiler:
    """One statement, or one condition, in its context: adds to the unit, or raises Misread."""

    def __init__(self, unit: Unit, context: str | None) -> None:
        self._unit = unit
        self._context = context

    # --- statements -------------------------------------------------------------------------------

    def statement(self, statement: Statement, depth: int) -> None:
        """The lines of a statement."""
        if statement.where is not None:
            self._unit.line(depth, f"if {self.condition(statement.where)}:")
            depth += 1
        editor = statement.editor
        if editor.name == "set":
            self._set(editor, depth)
        elif editor.name == "drop":
            self._checked(editor, Function("drop", print, ()), ())
            self._unit.line(depth, "continue")
        elif editor.name in EDITORS:
            self._edit(editor, EDITORS[editor.name], depth)
        else:
            guess = did_you_mean(editor.name, ("set", "drop", *EDITORS))
            said = f"no editor is called {editor.name}{guess}"
            raise Misread(said, editor.start, editor.start + len(editor.name))

    def _set(self, call: Call, depth: int) -> None:
        signature = Function("set", print, (Param("value", ANY),))
        path = self._target(call)
        (value,) = self._checked(call, signature, call.arguments[1:])
        if value.literal and value.value is None:
            self._unit.line(depth, f"{self._path(path).text}  # nil sets nothing")
        elif value.literal:
            self._write(path, value, depth)
        else:
            name = self._unit.variable()
            self._unit.line(depth, f"{name} = {value.text}")
            self._unit.line(depth, f"if {name} is not None:")
            self._write(path, Code(name, value.gives, held=value.held), depth + 1)

    def _target(self, call: Call) -> Path:
        first = call.arguments[0][1] if call.arguments else call
        if not isinstance(first, Path):
            said = f"{call.name} needs a path first, such as log.body"
            raise Misread(said, first.start, first.end)
        return first

    def _edit(self, call: Call, editor: Function, depth: int) -> None:
        path = self._target(call)
        arguments = self._checked(call, editor, call.arguments[1:])
        current = self._path(path)
        if editor.gives == "map":
            if current.gives not in {"map", "any"}:
                raise Misread(f"{call.name} needs a map", path.start, path.end)
            current = Code(f"is_map({current.text})", "map")
        before, name = self._unit.variable(), self._unit.variable()
        self._unit.line(depth, f"{before} = {current.text}")
        texts = ", ".join([before, *(argument.text for argument in arguments)])
        self._unit.line(depth, f"{name} = {self._unit.bound(editor.call)}({texts})")
        self._unit.line(depth, f"if {name} is not {before}:")
        self._write(path, Code(name), depth + 1)

    def _write(self, path: Path, code: Code, depth: int) -> None:
        context, field_, names = paths.resolved(path, self._context)
        keys = self._keys(names, path.keys)
        line = self._unit.line
        plain = code.gives in {"int", "float", "bool"} or (code.literal and code.gives == "str")
        value = code.text if plain or not keys else f"kept({code.text})"
        if keys and code.held:
            value = f"({code.text} if type({code.text}) in SCALARS else {value})"
        if field_.read == "C":
            self._unit.caches = True
        if keys and field_.read in {"A", "C"} and len(keys) == 1 and keys[0].gives == "str":
            line(depth, f"{field_.read}[{keys[0].text}] = {value}")
            return
        if keys and field_.gives not in {"map", "any"}:
            raise Misread("what this path holds has no keys", path.start, path.end)
        if keys:
            whole = ", ".join(key.text for key in keys)
            value = f"put({field_.read}, ({whole},), {value})"
        if field_.read == "C":
            line(depth, f"C = kept(is_map({value}))")
        elif context == "log":
            if field_.write is None:
                raise Misread("this can only be read", path.start, path.end)
            line(depth, f"{self._unit.bound(field_.write)}(e, {value})")
            if field_.read == "A":
                line(depth, "A = e.attributes")
        else:
            replace = self._unit.bound(field_.replace)
            line(depth, f"replace_resource(e, {replace}(e.resource, {value}), W)")

    # --- conditions -------------------------------------------------------------------------------

    def condition(self, node: Node) -> str:
        """An expression that is true or false."""
        match node:
            case Junction(word=word, parts=parts):
                return "(" + f" {word} ".join(map(self.condition, parts)) + ")"
            case Not(part=part):
                return f"(not {self.condition(part)})"
            case Compare():
                return self._compared(node)
        code = self._value(node)
        if code.gives == "bool":
            return code.text
        if code.gives != "any":
            raise Misread("expected a condition, which is true or false", node.start, node.end)
        return f"is_bool({code.text})"

    def _compared(self, node: Compare) -> str:
        left, right = self._value(node.left), self._value(node.right)
        kinds = {left.gives, right.gives}
        sign = node.sign
        if kinds <= _NUMERIC or kinds == {"str"}:
            return f"({left.text} {sign} {right.text})"
        if left.literal and not right.literal and sign in {"==", "!="}:
            left, right = right, left
        if right.literal and left.gives == "any":
            found = self._beside_literal(left.text, sign, right)
            if found:
                return found
        return f"{SIGNS[sign]}({left.text}, {right.text})"

    def _beside_literal(self, left: str, sign: str, right: Code) -> str:
        """Quicker forms: no value but of the literal's type can be equal to it here."""
        if sign in {"==", "!="}:
            if right.gives == "nil":
                return f"({left} {'is' if sign == '==' else 'is not'} None)"
            numeric = right.gives in _NUMERIC and right.value not in {0, 1}  # True == 1
            if right.gives == "str" or numeric:
                return f"({left} {sign} {right.text})"
        elif right.gives in _NUMERIC:
            name = self._unit.variable()
            return f"(type({name} := {left}) in NUMBERS and {name} {sign} {right.text})"
        return ""

    # --- values -----------------------------------------------------------------------------------

    def value(self, node: Node) -> str:
        """An expression that gives a value."""
        return self._value(node).text

    def _value(self, node: Node) -> Code:
        match node:
            case Literal(value=value):
                return Code(self._unit.bound(value), _KINDS[type(value)], literal=True, value=value)
            case Path():
                return self._path(node)
            case Call():
                return self._call(node)
            case ListOf(items=items):
                inside = ", ".join(self._kept(item) for item in items)
                return Code(f"[{inside}]", "list")
            case MapOf(items=pairs):
                inside = ", ".join(
                    f"{self._unit.bound(key)}: {self._kept(item)}" for key, item in pairs
                )
                return Code(f"{{{inside}}}", "map")
            case Math(sign=sign, left=left, right=right):
                return Code(
                    f"{CALCULATIONS[sign]}({self._value(left).text}, {self._value(right).text})"
                )
            case Name(name=name):
                said = f"{name} is no value; call it as {name}(...)"
                raise Misread(said, node.start, node.end)
        raise Misread("expected a value", node.start, node.end)

    def _kept(self, node: Node) -> str:
        """A value inside of another one: a copy of what is changed in place later."""
        code = self._value(node)
        return f"{code.text}.copy()" if code.text in {"A", "C"} else code.text

    def _path(self, path: Path) -> Code:
        _, field_, names = paths.resolved(path, self._context)
        self._unit.caches |= field_.read == "C"
        keys = self._keys(names, path.keys)
        if not keys:
            return Code(field_.read, field_.gives)
        if field_.gives not in {"map", "any"}:
            raise Misread("what this path holds has no keys", path.start, path.end)
        text = field_.read
        if field_.gives == "map" and keys[0].gives == "str":
            text, keys = f"{text}.get({keys[0].text})", keys[1:]
        for key in keys:
            text = f"index({text}, {key.text})"
        return Code(text, held=True)

    def _keys(self, names: tuple[str, ...], keys: tuple[Node, ...]) -> list[Code]:
        found = [Code(self._unit.bound(name), "str", literal=True, value=name) for name in names]
        for node in keys:
            code = self._value(node)
            if code.gives not in {"str", "int", "any"}:
                raise Misread("expected a string or an int as a key", node.start, node.end)
            found.append(code)
        return found

    def _call(self, call: Call) -> Code:
        converter = CONVERTERS.get(call.name)
        if converter is None:
            guess = did_you_mean(call.name, CONVERTERS)
            said = f"no converter is called {call.name}{guess}"
            raise Misread(said, call.start, call.start + len(call.name))
        arguments = self._checked(call, converter, call.arguments)
        if converter.call is is_match:
            found = self._matched(arguments)
        else:
            texts = ", ".join(argument.text for argument in arguments)
            found = Code(f"{self._unit.bound(converter.call)}({texts})", converter.gives)
        for key in self._keys((), call.keys):
            found = Code(f"index({found.text}, {key.text})")
        return found

    def _matched(self, arguments: list[Code]) -> Code:
        """A search that tells strings, which nearly all values are, from the rest at once."""
        target, pattern = arguments
        wanted: Pattern = self._unit.names[pattern.text]
        name = self._unit.variable()
        if wanted.literal is not None:
            quick = f"{self._unit.bound(wanted.literal)} in {name}"
        else:
            quick = f"{self._unit.bound(wanted.found_in)}({name})"
            first = self._unit.bound(wanted.prefix)
            if wanted.prefix:
                begins = f"{name}.startswith({first})" if wanted.anchored else f"{first} in {name}"
                quick = f"({begins} and {quick})"
        slow = f"is_match({name}, {pattern.text})"
        return Code(f"({quick} if type({name} := {target.text}) is str else {slow})", "bool")

    # --- arguments --------------------------------------------------------------------------------

    def _checked(
        self, call: Call, function: Function, given: tuple[tuple[str, Node], ...]
    ) -> list[Code]:
        """All arguments in order, with their defaults."""
        by_name = self._by_name(call, function, given)
        found: list[Code] = []
        for param in function.params:
            node = by_name.get(param.name)
            if node is not None:
                found.append(self._argument(call.name, param, node))
            elif param.default is REQUIRED:
                said = f"{call.name} needs {param.kind.name} as its argument {param.name}"
                raise Misread(said, call.start, call.end)
            else:
                found.append(Code(self._unit.bound(param.default), literal=True))
        return found

    @staticmethod
    def _by_name(
        call: Call, function: Function, given: tuple[tuple[str, Node], ...]
    ) -> dict[str, Node]:
        names = [param.name for param in function.params]
        plain = {name.replace("_", "").lower(): name for name in names}
        found: dict[str, Node] = {}
        for place, (said, node) in enumerate(given):
            if not said and place >= len(names):
                raise Misread(f"{call.name} takes no more arguments", node.start, node.end)
            name = plain.get(said.replace("_", "").lower()) if said else names[place]
            if name is None:
                guess = did_you_mean(said, names)
                raise Misread(f"{call.name} has no argument {said}{guess}", node.start, node.end)
            if name in found:
                raise Misread(f"the argument {name} is given twice", node.start, node.end)
            found[name] = node
        return found

    def _argument(self, function: str, param: Param, node: Node) -> Code:
        kind = param.kind
        if kind.literal:
            return self._literal(function, param, node)
        code = self._value(node)
        if code.text in {"A", "C"}:
            code.text += ".copy()"
        if kind.check is None or code.gives in kind.given:
            return code
        if code.gives != "any" and kind.given:
            said = f"{function} needs {kind.name} as its argument {param.name}"
            raise Misread(said, node.start, node.end)
        gives = next(iter(kind.given), "any")
        return Code(f"{self._unit.bound(kind.check)}({code.text})", gives)

    def _literal(self, function: str, param: Param, node: Node) -> Code:
        if not isinstance(node, Literal) or param.kind.prepare is None:
            said = f"{function} needs {param.kind.name} that stands here as it is"
            raise Misread(said, node.start, node.end)
        try:
            value = param.kind.prepare(node.value)
        except ValueError as e:
            raise Misread(str(e), node.start, node.end) from None
        return Code(self._unit.bound(value), literal=True)
