"""The name of a function of upstream's that is not here in, why and what instead out."""

from __future__ import annotations

from collections.abc import Mapping

_LAMBDA = "it takes a lambda, which is not here"
_XPATH = "it takes an XPath, whose time nothing bounds; ParseXML or ParseSimplifiedXML gives a map"
_HASH = "SHA256, MD5 and FNV are here"
_METRICS = "it is for metrics"

_WHY: Mapping[str, str] = {
    **dict.fromkeys(("All", "Any", "Filter", "Find", "MapEach", "MapKeys", "Reduce"), _LAMBDA),
    "When": _LAMBDA,
    "ExtractGrokPatterns": "ExtractPatterns takes the regex itself",
    **dict.fromkeys(("GetXML", "InsertXML", "RemoveXML"), _XPATH),
    **dict.fromkeys(("ConvertAttributesToElementsXML", "ConvertTextToElementsXML"), _XPATH),
    "UserAgent": "its list of regexes changes each month",
    "ParseELF": "it is for whole files, which do not come here; ParseCSV reads a line",
    **dict.fromkeys(("Murmur3Hash", "Murmur3Hash128", "XXH3", "XXH128", "CommunityID"), _HASH),
    "UUIDv7": "UUID is here",
    **dict.fromkeys(("IsRootSpan", "set_semconv_span_name"), "it is for spans"),
    "ProfileID": "it is for profiles",
    **dict.fromkeys(("HasAttrKeyOnDatapoint", "HasAttrOnDatapoint", "copy_metric"), _METRICS),
    **dict.fromkeys(("convert_sum_to_gauge", "convert_gauge_to_sum", "scale_metric"), _METRICS),
    **dict.fromkeys(("extract_count_metric", "extract_sum_metric"), _METRICS),
    **dict.fromkeys(("aggregate_on_attributes", "aggregate_on_attribute_value"), _METRICS),
}


def not_here(name: str) -> str:
    """A sentence about a function that upstream has; empty for what nobody has."""
    why = _WHY.get(name)
    return f"{name} is not supported: {why}" if why else ""
