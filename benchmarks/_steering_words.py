"""The tables of docs/toan-ven.md, from the figures of `survey/integrity/trials.csv`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from survey.integrity.trials import Trial, honest, interval, trials

DOCUMENT = Path(__file__).parents[1] / "docs" / "toan-ven.md"

WORLDS = {
    "usual": "thường gặp",
    "less satisfied": "ít người hài lòng hơn (85 %)",
    "more satisfied": "nhiều người hài lòng hơn (93 %)",
    "neighbours very alike": "láng giềng nghĩ rất giống nhau",
    "neighbours hardly alike": "láng giềng nghĩ ít giống nhau",
    "every sixth ticks one level": "cứ sáu người có một người chọn một mức từ đầu đến cuối",
    "people ask very differently": "người hỏi mỗi người một kiểu",
    "some villages fill in together": "một phần mười số thôn điền chung trong một buổi họp",
    "villages of 9 to 45 forms": "thôn to nhỏ khác nhau, 9 đến 45 phiếu",
    "much changed in a year": "sau một năm nhiều xã đổi khác",
    "five people key": "chỉ có năm người nhập",
    "open link": "đường dẫn mở, khoảng 3.000 phiếu",
    "open link, few forms": "đường dẫn mở, khoảng 1.000 phiếu",
    "open link, many forms": "đường dẫn mở, khoảng 12.000 phiếu",
}
STEERINGS = {
    "random": "trả lời bừa",
    "copied": "chép ba phiếu thật nhiều lần, mười hai câu đổi một",
    "best": "câu nào cũng “rất hài lòng”, không có tiêu cực",
    "sensible": "bịa hợp lý: mỗi câu đúng như mức chung của tỉnh",
    "skilled": "bịa khéo: như người thật, mỗi phiếu một khác, bớt một nửa số câu chê",
    "raised": "ba xã: mọi câu trả lời nâng lên một mức",
    "bribery": "máy tính bảng: bỏ hết câu trả lời có phiền hà, có đưa tiền (lệch: tỷ lệ cho là phải đưa tiền)",
    "turned": "một người nhập: mười câu “không hài lòng” đổi một thành “hài lòng”",
    "worst-burst": "một phiếu chê gửi đi gửi lại, trong một ngày",
    "worst-weeks": "một phiếu chê gửi đi gửi lại, rải trong sáu tuần",
    "drawn-burst": "phiếu chê, mỗi phiếu một khác, trong một ngày",
    "drawn-weeks": "phiếu chê, mỗi phiếu một khác, rải trong sáu tuần",
    "meetings": "không ai lái: cứ năm xã có một xã họp dân, 10 đến 15 người cùng gửi một ngày",
}
WHERE = {
    "wave": "một người hỏi, trọn các thôn của mình",
    "keyer": "một người nhập, rải khắp các thôn",
    "commune": "một xã",
    "village": "một thôn",
    "communes": "cả ba xã",
    "mode": "một cách trả lời",
}
OPEN = {"wave": "so với cả đợt", "commune": "so với số phiếu của xã", "communes": "số xã có họp"}


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def points(moved: float) -> str:
    """Signed, with a decimal comma."""
    return f"{moved:+.1f}".replace(".", ",").replace("-", "−").replace("+0,0", "0,0").replace("−0,0", "0,0")


def honest_table() -> list[str]:
    """How often honest waves are told to be unusual."""
    lines = []
    for one in trials():
        if not one.steering:
            low, high = one.interval()
            cells = [WORLDS[one.world], str(one.villages or "–"), f"{one.passes}/{one.waves}"]
            lines.append([*cells, f"{percent(low)} đến {percent(high)}", f"{one.signs}/{one.waves}"])
    low, high = interval(honest())
    waves, passes, signs = (sum(getattr(one, name) for one in honest()) for name in ("waves", "passes", "signs"))
    whole = [f"{passes}/{waves}", f"{percent(low)} đến {percent(high)}", f"{signs}/{waves}"]
    lines.append([f"**{cell}**" if cell else "" for cell in ("tất cả", "", *whole)])
    return _table(
        ["đợt không ai lái", "thôn mỗi xã", "báo khác thường", "khoảng tin cậy 95 %", "kể cả dấu hiệu"], lines
    )


def steered_table(villages: int) -> list[str]:
    """One row for each way and place, with what was found at each share; `villages` 0: of open links."""
    ways: dict[tuple[str, str], list[Trial]] = {}
    for one in trials():
        if one.steering and one.villages == villages:
            ways.setdefault((one.steering, one.where), []).append(one)
    lines = []
    for (steering, where), tried in ways.items():
        found = "; ".join(f"{percent(one.share)}: {one.passes}/{one.waves} ({one.signs})" for one in tried)
        moved = ["; ".join(points(getattr(one, name)) for one in tried) for name in ("province", "commune")]
        lines.append([STEERINGS[steering], place(where, villages), found, *moved])
    return _table(["lái thế nào", "ở đâu", "phần phiếu bị lái: tìm thấy", "tỉnh lệch", "xã lệch nhất"], lines)


def missed() -> list[str]:
    """What was found in fewer than half of the waves, in as many lines as there are ways and places."""
    lines: dict[tuple[str, str, int], list[Trial]] = {}
    for one in trials():
        if one.steering and 2 * one.passes < one.waves:
            lines.setdefault((one.steering, one.where, one.villages), []).append(one)
    return [
        f"- {STEERINGS[steering]} ({place(where, villages)}): "
        + "; ".join(f"{percent(one.share)} số phiếu, thấy {one.passes}/{one.waves} lần" for one in tried)
        for (steering, where, villages), tried in lines.items()
    ]


BLOCKS: Mapping[str, Callable[[], list[str]]] = {
    "honest": honest_table,
    "sample": lambda: steered_table(2),
    "open": lambda: steered_table(0),
    "missed": missed,
}


def written(text: str) -> str:
    """The document with each block between its marks made anew."""
    for name, lines in BLOCKS.items():
        head, _mark, rest = text.partition(f"<!-- {name} -->\n")
        _old, end, rest = rest.partition(f"<!-- /{name} -->\n")
        text = head + f"<!-- {name} -->\n" + "\n".join(["", *lines(), "", ""]) + end + rest
    return text


def place(where: str, villages: int) -> str:
    return (WHERE if villages else OPEN)[where]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
