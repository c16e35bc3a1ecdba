"""A sentence in each of twelve languages, and texts that say nothing about their language."""

from __future__ import annotations

__all__ = ["SAYS_NOTHING", "SENTENCES"]

SENTENCES = {
    "en": "The committee met on Tuesday and decided that the road should be repaired before the rains.",
    "fr": "Le comité s'est réuni mardi et a décidé que la route devait être réparée avant les pluies.",
    "es": "El comité se reunió el martes y decidió que la carretera debía repararse antes de las lluvias.",
    "pt": "A comissão reuniu-se na terça-feira e decidiu que a estrada devia ser reparada antes das chuvas.",
    "id": "Panitia bertemu hari Selasa dan memutuskan bahwa jalan itu harus diperbaiki sebelum hujan.",
    "vi": "Ủy ban họp vào thứ ba và quyết định rằng con đường phải được sửa chữa trước mùa mưa.",
    "sw": "Kamati ilikutana siku ya Jumanne na kuamua kwamba barabara itengenezwe kabla ya mvua kuanza.",
    "ar": "اجتمعت اللجنة يوم الثلاثاء وقررت أنه يجب إصلاح الطريق قبل بدء موسم الأمطار.",
    "hi": "समिति की बैठक मंगलवार को हुई और यह निर्णय लिया गया कि बारिश से पहले सड़क की मरम्मत की जाए।",
    "zh-Hans": "委员会星期二开会，决定在雨季开始之前修理这条道路，让大家都能安全地来往。",
    "zh-Hant": "委員會星期二開會，決定在雨季開始之前修理這條道路，讓大家都能安全地來往。",
    "ta": "குழு செவ்வாய்க்கிழமை கூடி மழை தொடங்கும் முன் சாலையை சரிசெய்ய வேண்டும் என்று முடிவு செய்தது.",
}
SAYS_NOTHING = [
    "", " ", "\n\n\t", "12345 67 2026-11-22", "😀😀😀 🎉", "a" * 1_000_000, "-" * 500,
    "ha ha ha ha ha ha", "\x00\x01",
    "https://www.example.org/some/english/words/in/a/path?and=more", "\ud83d\ude00", "\ud800\ud800",
]  # fmt: skip
