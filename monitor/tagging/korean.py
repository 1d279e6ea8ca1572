"""Where a Korean name may begin and end inside a run of Hangul.

Korean joins words at will: a name may follow a place or an attribute without a blank, and is
followed by particles and by nouns. What stands before or behind decides whether the name is whole
(평양시|옥류관, 상원세멘트련합기업소|종업원들이) or part of another (해주|체육관, 룡강군병원|학교).
"""

from __future__ import annotations

import re
from typing import Final

_RUN: Final = re.compile("[가-힣]+")
_RUN_BEFORE: Final = re.compile("[가-힣]+$")
_LONGEST_RUN: Final = 24  # a longer unbroken run of Hangul is not a name with a tail
_LONG_NAME: Final = 5  # syllables; nothing ordinary contains so long a name

# Written together with the name that follows (spacing differs between North and South).
_PLACES: Final = """
평양 남포 라선 나선 개성 원산 함흥 청진 신의주 조선 북한 북 공화국 우리나라 조국 전국 평안남도
평안북도 함경남도 함경북도 황해남도 황해북도 량강도 양강도 자강도 강원도
"""
_ATTRIBUTES: Final = """
의 새로건설된 새로 현대적인 일떠선 건설된 준공된 개건된 위치한 있는 및 적
"""
_SINGLE: Final = "제 당 전 구 신 옛"

# Nouns that follow a name without making another name of it.
_NOUNS: Final = """
건설 건설장 건설사업 건설현장 준공 준공식 착공 착공식 조업 조업식 개업 개업식 개관 개장 완공
완공식 종업원 일군 일꾼 책임일군 책임일꾼 로동계급 노동계급 로동자 노동자 근로자 지배인 기사장
기술자 로력혁신자 당위원회 초급당위원회 초급당 앞 안 밖 옆 주변 인근 일대 부근 입구 내 내부 내외
산하 소속 제품 상표 현지지도 방문 시찰 참관 확장 개건 현대화 개건현대화 공사 공사장 생산
생산공정 생산체계 가동 설비 시설 부지 단지 일부 전경 모습 사진 영상 위치 직원 주민 사람 손님
관광 관광객 개발 운영 사업 조성 창립 창건 관리 복구 재건 증설 이전 방면 쪽 행 발 출신 관련 당시
이후 전용 본점 본관 위원회 중앙위원회 중앙위 당중앙위원회 대회 당대회 전원회의 총비서 비서
비서국 위원장 정치국 당원 규약 창당 창당일 창건일 시대 청사 본부 기관 기관지 간부 조직 조직비서
정책 정권 정부 지도부 대표단 대표 중앙군사위원회 군사위원회 기념 강령 로선 노선 리념 이념 결정
구상 방침 추진 실행 관철 집행 성과 과업 목표 기지 공정 기술 각지 측 식 별 용 산 간 전 후 중 등
뿐 완성 능력 확립 도입 정상화 활성화 토대 구축 계획 건설자 건설대상 봉사 봉사자 봉사원 요리사
입사 입사식 입사모임 새집들이 설계 창설 축조 완비 전개 실현 보장 발전 현장 도착 위력 정당성
생활력 총진군 전투장 작업장 대상 조성사업 개발사업 확대 강화 제시 채택 발표 수행 총화 개막 폐막
개최 소집 준비 참가 참가자 대표자 대표자회 부부장 부장 국제부 경제부 조직부 선전부 선전선동부
조직지도부 군수공업부 비서들
"""
_PARTICLES: Final = """
은 는 이 가 을 를 의 에 로 으로 과 와 도 만 들 까지 부터 에서 에게 께서 께 한테 에는 에도 에만
에의 에서는 에서도 에서의 에서만 에게는 에게도 에게서 로서 으로서 로써 으로써 로부터 으로부터
로의 으로의 로는 으로는 로도 으로도 와의 과의 와는 과는 와도 과도 나 이나 이란 란 라는 이라는
라고 이라고 라며 이라며 라면 이라면 라도 이라도 인 이며 며 이고 고 이다 다 이였다 였다 이었다
이던 였던 이었던 이자 자 인데 이지만 지만 처럼 보다 마다 마저 조차 밖에 이라 라 야 이야 이야말로
야말로 대로 만큼 같은 다운 하고 이랑 랑 임 이었으며 였으며 이었고 였고 까지의 까지도 부터는 에로
에로의 에서부터 에까지 이요 요 뿐만 이래 래 에서였다 이라든가 인지 이냐 이죠 입니다 이에요 예요
"""


def _any(words: str) -> str:
    return "|".join(sorted(set(words.split()), key=len, reverse=True))


_BEFORE: Final = re.compile(
    f"(?:{_any(_PLACES)}|{_any(_SINGLE)}|[가-힣]*(?:{_any(_ATTRIBUTES)})|[가-힣]{{1,4}}(?:직할시|특별시)"
    "|(?:[가-힣]{1,4}도)?(?:[가-힣]{1,4}시)?(?:[가-힣]{1,4}(?:군|구역))?)"
)
# Before a name that nothing ordinary contains: any word that can qualify a noun or join two.
_QUALIFIED: Final = re.compile("[가-힣]+(?:[의된한인는은던선와과및들을를서고며이가등]|이나)")
_TAIL: Final = re.compile(f"(?:{_any(_NOUNS)}){{0,3}}들?(?:{_any(_PARTICLES)}){{0,3}}")
# By the last syllable of the name: "making so" takes verbs (CNC화된), a party has members
# (로동당원), an ideology is taught and made everyone's (주체사상교양, 온 사회를 주체사상화하는).
_OWN_TAILS: Final = {
    "화": re.compile("(?:된|되|될|됐|하|한|할|했|함|됨)[가-힣]{0,5}"),
    "상": re.compile(
        f"(?:교양|화(?:강령|위업|기치)?)(?:{_any(_PARTICLES)}|[하되된될한할했함][가-힣]{{0,4}})?"
    ),
    "당": re.compile(f"원들?(?:{_any(_PARTICLES)}){{0,3}}"),
}


def begins(folded: str, start: int) -> bool:
    """Whether the Hangul directly before `start`, if any, goes with a name as a word of its own."""
    before = _RUN_BEFORE.search(folded, max(0, start - _LONGEST_RUN), start)
    if before is None or _BEFORE.fullmatch(before[0]):
        return True
    name = _RUN.match(folded, start, start + _LONGEST_RUN)
    return name is not None and len(name[0]) >= _LONG_NAME and bool(_QUALIFIED.fullmatch(before[0]))


def ends(folded: str, end: int) -> bool:
    """Whether the Hangul directly behind `end`, if any, is particles and nouns."""
    tail = _RUN.match(folded, end, end + _LONGEST_RUN + 1)
    if tail is None:
        return True
    if len(tail[0]) > _LONGEST_RUN:
        return False
    if _TAIL.fullmatch(tail[0]):
        return True
    own = _OWN_TAILS.get(folded[end - 1])
    return own is not None and bool(own.fullmatch(tail[0]))
