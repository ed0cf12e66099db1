"""Expressions' trees in, the source of Python expressions out.

Rules 1 and 2 of `compile` hold here.
"""

from __future__ import annotations

from collections.abc import Callable

from . import paths
from .converters.every import CONVERTERS
from .converters.text import is_match
from .elsewhere import not_here
from .fault import Fault
from .nearest import did_you_mean
from .paths import Field
from .regex import Pattern
from .signature import ANY, FUNCTION, REQUIRED, TEXT, Function, Param
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
)
from .unit import CALCULATIONS, SIGNS, Code, Unit
from .values import is_text

_KINDS: dict[type, str] = {
    str: "str", int: "int", float: "float", bool: "bool", bytes: "bytes", type(None): "nil",
}  # fmt: skip
_NUMERIC = {"int", "float"}


class Expressions:
    """Those of one statement in its context: they bind names in the unit, or raise Fault."""

    def __init__(self, unit: Unit, context: str | None) -> None:
        self._unit = unit
        self._context = context
        #: What was spoken of: contexts of paths, `cache`, and `chance` for what is not the same for
        #: the same arguments.
        self._about: set[str] = set()

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
            raise Fault("expected a condition, which is true or false", node.start, node.end)
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
        """An expression for a value."""
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
                raise Fault(said, node.start, node.end)
        raise Fault("expected a value", node.start, node.end)

    def _kept(self, node: Node) -> str:
        """A value inside of another one: a copy of what is changed in place later."""
        code = self._value(node)
        return f"{code.text}.copy()" if code.text in {"A", "C"} else code.text

    def _path(self, path: Path) -> Code:
        _, field_, names = self._resolved(path)
        keys = self._keys(names, path.keys)
        if not keys:
            return Code(field_.read, field_.gives)
        if field_.gives not in {"map", "any"}:
            raise Fault("what this path holds has no keys", path.start, path.end)
        text = field_.read
        if field_.gives == "map" and keys[0].gives == "str":
            text, keys = f"{text}.get({keys[0].text})", keys[1:]
        for key in keys:
            text = f"index({text}, {key.text})"
        return Code(text, held=True)

    def _resolved(self, path: Path) -> tuple[str, Field, tuple[str, ...]]:
        context, field_, names = paths.resolved(path, self._context)
        is_cache = field_.read == "C"
        self._unit.caches |= is_cache
        self._about.add("cache" if is_cache else context)
        return context, field_, names

    def _keys(self, names: tuple[str, ...], keys: tuple[Node, ...]) -> list[Code]:
        found = [Code(self._unit.bound(name), "str", literal=True, value=name) for name in names]
        for node in keys:
            code = self._value(node)
            if code.gives not in {"str", "int", "any"}:
                raise Fault("expected a string or an int as a key", node.start, node.end)
            found.append(code)
        return found

    def _call(self, call: Call) -> Code:
        converter = CONVERTERS.get(call.name)
        if converter is None:
            guess = did_you_mean(call.name, CONVERTERS)
            said = not_here(call.name) or f"no converter is called {call.name}{guess}"
            raise Fault(said, call.start, call.start + len(call.name))
        arguments = self._checked(call, converter, call.arguments)
        if not converter.pure:
            self._about.add("chance")
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
            search = f"{self._unit.bound(wanted.found_in)}({name})"
            quick = " and ".join((*self._beginning(name, wanted), search))
        slow = f"is_match({name}, {pattern.text})"
        return Code(f"(({quick}) if type({name} := {target.text}) is str else {slow})", "bool")

    def _beginning(self, name: str, wanted: Pattern) -> tuple[str, ...]:
        """A look at a string that spares most of them the search, if there is one."""
        if not wanted.prefix:
            return ()
        first = self._unit.bound(wanted.prefix)
        return (f"{name}.startswith({first})" if wanted.anchored else f"{first} in {name}",)

    # --- arguments --------------------------------------------------------------------------------

    def _checked(
        self, call: Call, function: Function, given: tuple[tuple[str, Node], ...]
    ) -> list[Code]:
        """All arguments in order, with their defaults."""
        by_name = _by_name(call, function, given)
        found: list[Code] = []
        for param in function.params:
            node = by_name.get(param.name)
            if node is not None:
                found.append(self._argument(call.name, param, node))
            elif param.default is REQUIRED:
                said = f"{call.name} needs {param.kind.name} as its argument {param.name}"
                raise Fault(said, call.start, call.end)
            else:
                found.append(Code(self._unit.bound(param.default), literal=True))
        return found

    def _argument(self, function: str, param: Param, node: Node) -> Code:
        kind = param.kind
        if kind is FUNCTION:
            return Code(self._unit.bound(_handed_on(function, node)), literal=True)
        if kind.literal:
            return self._literal(function, param, node)
        code = self._value(node)
        if code.text in {"A", "C"}:
            code.text += ".copy()"
        if kind.check is None or code.gives in kind.given:
            return code
        if code.gives != "any" and kind.given:
            said = f"{function} needs {kind.name} as its argument {param.name}"
            raise Fault(said, node.start, node.end)
        gives = next(iter(kind.given), "any")
        return Code(f"{self._unit.bound(kind.check)}({code.text})", gives)

    def _literal(self, function: str, param: Param, node: Node) -> Code:
        if not isinstance(node, Literal) or param.kind.prepare is None:
            said = f"{function} needs {param.kind.name} that stands here as it is"
            raise Fault(said, node.start, node.end)
        try:
            value = param.kind.prepare(node.value)
        except ValueError as e:
            raise Fault(str(e), node.start, node.end) from None
        return Code(self._unit.bound(value), literal=True)


def _by_name(
    call: Call, function: Function, given: tuple[tuple[str, Node], ...]
) -> dict[str, Node]:
    names = [param.name for param in function.params]
    plain = {name.replace("_", "").lower(): name for name in names}
    found: dict[str, Node] = {}
    for place, (said, node) in enumerate(given):
        if not said and place >= len(names):
            raise Fault(f"{call.name} takes no more arguments", node.start, node.end)
        name = plain.get(said.replace("_", "").lower()) if said else names[place]
        if name is None:
            guess = did_you_mean(said, names)
            raise Fault(f"{call.name} has no argument {said}{guess}", node.start, node.end)
        if name in found:
            raise Fault(f"the argument {name} is given twice", node.start, node.end)
        found[name] = node
    return found


def _handed_on(function: str, node: Node) -> Callable[[str], str]:
    """A converter that takes a string, and needs no more, and gives one."""
    name = node.name if isinstance(node, Name) else ""
    converter = CONVERTERS.get(name)
    if converter is None or not _is_of_text(converter):
        guess = "" if converter else did_you_mean(name, CONVERTERS)
        said = f"{function} needs a converter from a string to a string here, such as SHA256{guess}"
        raise Fault(said, node.start, node.end)
    call, defaults = converter.call, [param.default for param in converter.params[1:]]
    return lambda text: is_text(call(text, *defaults))


def _is_of_text(converter: Function) -> bool:
    kinds = [param.kind for param in converter.params if param.default is REQUIRED]
    return kinds in ([TEXT], [ANY]) and converter.gives in {"str", "any"}
