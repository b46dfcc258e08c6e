"""Made-up remarks for the demo: what people might write, what it is about, and sentences that name nobody."""

from __future__ import annotations

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from survey import questionnaires
from survey.models import Coding, Paraphrase, Response, ResponseText, Wave
from survey.remarks import codings, themes
from survey.texts import Ring
from survey.waves import today

# What is written, and its themes; the first ones are written most.
SAID = (
    ("Ngồi chờ cả buổi sáng mới đến lượt, nên gọi số theo giờ hẹn.", ("thoi_gian",)),
    ("Trễ hẹn hai lần mà không ai báo trước cho dân biết.", ("thoi_gian", "thai_do")),
    ("Cán bộ hướng dẫn tận tình, làm rất nhanh.", ("khen",)),
    ("Hồ sơ đất đai phải bổ sung nhiều lần, lần nào cũng thêm một giấy khác.", ("nhieu_lan", "dat_dai")),
    ("Nộp trên mạng hay bị lỗi, cuối cùng vẫn phải ra tận nơi.", ("truc_tuyen",)),
    ("Ghế ngồi ít, mùa hè nóng, không có nước uống.", ("co_so",)),
    ("Hỏi thì trả lời cộc lốc, nói một lần rồi thôi.", ("thai_do",)),
    ("Mong làm sổ đỏ nhanh hơn.", ("dat_dai", "thoi_gian")),
    ("Có người gợi ý bồi dưỡng thì mới xong sớm.", ("chi_phi",)),
    ("Đường vào trụ sở ngập khi mưa.", ("khac", "co_so")),
    ("Không.", ("khong_ro",)),
)
TOLD = {
    "thoi_gian": "Nhiều người phải chờ lâu ở buổi sáng, mong được hẹn giờ.",
    "thai_do": "Có người thấy mình chưa được giải thích đầy đủ.",
    "dat_dai": "Hồ sơ đất đai còn phải bổ sung nhiều lần.",
    "khen": "Nhiều người khen cán bộ hướng dẫn tận tình.",
}
HA_TU = "06652"
USUAL, HEARD = 0.05, 0.8  # shares of people who write something: elsewhere, and there
READ = 0.9  # of the remarks are read
SLIPS = 0.1  # of the second readings differ


def add(session: Session, wave: Wave, chance: np.random.Generator) -> None:
    """Lets some people of a made-up wave have written something, most of them in Hà Tu; most of it is coded."""
    item = codings.asked(questionnaires.by_digest(session, wave.questionnaire))[0]
    rows = session.execute(
        select(Response.id, Response.unit).where(Response.wave == wave.code).order_by(Response.id)
    ).all()
    share = np.array([HEARD if row.unit == HA_TU else USUAL for row in rows])
    writers = [row for row, writes in zip(rows, chance.random(len(rows)) < share, strict=True) if writes]
    often = 1 / np.arange(2, len(SAID) + 2)
    said = [SAID[place] for place in chance.choice(len(SAID), len(writers), p=often / often.sum()).tolist()]
    ring = Ring(session.connection())
    texts = [
        {"response": row.id, "texts": ring.seal(wave.code, row.id, {item.code: text})}
        for row, (text, _themes) in zip(writers, said, strict=True)
    ]
    if not texts:
        return
    session.execute(insert(ResponseText), texts)
    themes.kept(session, wave.code)
    for row, (_text, about) in zip(writers[: int(READ * len(writers))], said, strict=False):
        slip = chance.random() < SLIPS
        turns = [(codings.FIRST, "demo-1", about)]
        if codings.is_again(row.id):
            turns.append((codings.SECOND, "demo-2", ("khac",) if slip else about))
        for turn, person, found in turns:
            session.add(
                Coding(wave=wave.code, response=row.id, turn=turn, themes=list(found), person=person, day=today())
            )
    session.add_all(
        Paraphrase(wave=wave.code, unit=HA_TU, theme=theme, words=words, person="demo-1", day=today())
        for theme, words in TOLD.items()
    )
    session.flush()
