"""Made-up remarks for the demo: what people might write, what it is about, and sentences that name nobody."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from survey.remarks import codings, themes
from survey.storage.encrypted_texts import TextKeys
from survey.storage.models import Coding, Paraphrase, Response, ResponseText, Wave
from survey.system.dates import today
from survey.waves import questionnaires

# What is written, and its themes; the first ones are written most.
SAID: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Ngồi chờ cả buổi sáng mới đến lượt, nên gọi số theo giờ hẹn.", ("thoi_gian",)),
    ("Trễ hẹn hai lần mà không ai báo trước cho dân biết.", ("thoi_gian", "thai_do")),
    ("Cán bộ hướng dẫn tận tình, làm rất nhanh.", ("khen",)),
    ("Hồ sơ đất đai phải bổ sung nhiều lần, lần nào cũng thêm một giấy khác.", ("nhieu_lan", "dat_dai")),
    ("Hẹn thứ hai lên lấy, thứ hai lên lại bảo quay về chờ, nói như quát.", ("thoi_gian", "thai_do")),
    ("Nộp trên mạng hay bị lỗi, cuối cùng vẫn phải ra tận nơi.", ("truc_tuyen",)),
    ("Ghế ngồi ít, mùa hè nóng, không có nước uống.", ("co_so",)),
    ("Hỏi thì trả lời cộc lốc, nói một lần rồi thôi.", ("thai_do",)),
    ("Mong làm sổ đỏ nhanh hơn.", ("dat_dai", "thoi_gian")),
    ("Nhân viên trẻ, lễ phép với người già. Rất hài lòng.", ("khen",)),
    ("Có người gợi ý bồi dưỡng thì mới xong sớm.", ("chi_phi",)),
    ("Đến lúc hơn ba giờ chiều đã hết người tiếp, phải về.", ("thoi_gian",)),
    ("Tôi không rành điện thoại, cán bộ làm giúp từ đầu đến cuối, cảm ơn.", ("khen", "truc_tuyen")),
    ("Đường vào trụ sở ngập khi mưa.", ("khac", "co_so")),
    ("Mỗi lần hỏi một người lại nói một kiểu.", ("nhieu_lan", "thai_do")),
    ("Mong họp tổ dân phố báo trước mấy hôm.", ("khac",)),
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
READ = 0.9  # of the remarks are read; in Hà Tu all
SLIPS = 0.1  # of the second readings differ
SHOWN = 5  # people of one place on one theme, from whom on it may be told


def add(session: Session, wave: Wave, chance: np.random.Generator) -> None:
    """Lets some people of a made-up wave have written something, most of them in Hà Tu; most of it is coded. There
    five or more speak of waiting and of attitude, if so many answered; nowhere else do five of one theme."""
    item = codings.asked(questionnaires.by_digest(session, wave.questionnaire))[0]
    rows = session.execute(
        select(Response.id, Response.unit).where(Response.wave == wave.code).order_by(Response.id)
    ).all()
    places = {row.unit for row in rows}
    home = HA_TU if HA_TU in places else min(places, default="")  # another province has no Hà Tu
    share = np.array([HEARD if row.unit == home else USUAL for row in rows])
    often = 1 / np.arange(3, len(SAID) + 3)
    sentences = chance.choice(len(SAID), len(rows), p=often / often.sum())
    both = [place for place, (_text, about) in enumerate(SAID) if {"thoi_gian", "thai_do"} <= set(about)]
    first = iter(both * SHOWN)
    counts: Counter[tuple[str, str]] = Counter()
    remarks: list[tuple[UUID, str, tuple[str, ...], bool]] = []
    for row, writes, place in zip(rows, chance.random(len(rows)) < share, sentences.tolist(), strict=True):
        here = row.unit == home
        text, about = SAID[next(first, place) if here else place]
        if not writes or (not here and any(counts[row.unit, theme] == SHOWN - 1 for theme in about)):
            continue
        counts.update((row.unit, theme) for theme in about)
        remarks.append((row.id, text, about, here or bool(chance.random() < READ)))
    if not remarks:
        return
    text_keys = TextKeys(session.connection())
    texts = [
        {"response": response, "texts": text_keys.encrypt(wave.code, response, {item.code: text})}
        for response, text, _about, _read in remarks
    ]
    session.execute(insert(ResponseText), texts)
    themes.kept(session, wave.code)
    for response, _text, about, read in remarks:
        if not read:
            continue
        slip = chance.random() < SLIPS
        turns = [(codings.FIRST, "demo-1", about)]
        if codings.is_again(response):
            turns.append((codings.SECOND, "demo-2", ("khac",) if slip else about))
        for turn, person, codes in turns:
            session.add(
                Coding(
                    wave=wave.code, response=response, turn=turn, themes=list(codes), person=person, day=today()
                )
            )
    session.add_all(
        Paraphrase(wave=wave.code, unit=home, theme=theme, words=words, person="demo-1", day=today())
        for theme, words in TOLD.items()
    )
    session.flush()
