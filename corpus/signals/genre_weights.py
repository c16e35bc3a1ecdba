"""Weights of the genre scores; written by bench/fit_genre.py.

Feature: mean and standard deviation over its documents, weight in the score for catalogues and in
the score for advertising mail. Fitted to numbers only: no word of any text is in here.
"""

from __future__ import annotations

__all__ = ["WEIGHTS"]

WEIGHTS: dict[str, tuple[float, float, float, float]] = {
    "words_per_line": (3.0141, 0.7798, -5.1075, 0.2906),
    "line_words_deviation": (0.6982, 0.2684, 2.2942, 0.8096),
    "open_word_ratio": (0.4048, 0.3609, -0.6575, 2.4220),
    "loose_word_ratio": (0.3084, 0.2942, 2.1038, -0.5872),
    "paragraph_word_ratio": (0.3818, 0.3410, 0.4805, -0.1208),
    "comma_ratio": (0.2089, 0.1062, -0.8946, -0.2024),
    "quote_ratio": (0.0903, 0.1222, -0.9962, -1.1531),
    "bracket_ratio": (0.0876, 0.1162, 0.6501, -1.2406),
    "exclamation_ratio": (0.0313, 0.0590, -0.4769, 1.5563),
    "mean_line_length": (4.4270, 0.8228, -0.9118, 2.3884),
    "longest_line_length": (5.1938, 0.8706, -0.1751, -1.3167),
    "words_per_sentence": (2.9795, 0.6879, -0.7816, 0.3491),
    "compression_ratio": (0.8299, 0.0961, -1.3290, 1.0518),
    "prose_line_ratio": (0.6907, 0.3530, 0.6797, 0.6064),
    "placeholder_ratio": (0.0314, 0.0947, 1.8933, 1.5656),
    "numbered_line_ratio": (0.0214, 0.0925, -0.7165, -0.4788),
    "newline_ratio": (0.3156, 0.1697, -3.8112, 0.9711),
    "digit_ratio": (0.0550, 0.0778, -0.6665, 1.7294),
    "symbol_ratio": (0.0236, 0.0669, 0.9410, 1.4951),
    "special_ratio": (0.1966, 0.0804, -0.3332, 0.4678),
    "url_word_ratio": (0.0104, 0.0374, 0.2124, 1.2321),
    "capital_word_ratio": (0.0715, 0.1025, 0.0699, 1.1424),
    "letter_word_ratio": (0.9892, 0.0253, 0.2764, 1.1474),
    "mixed_word_ratio": (0.0299, 0.0890, 0.2575, 0.0767),
    "terminal_line_ratio": (0.7306, 0.3304, 0.4150, 0.2088),
    "short_line_ratio": (0.3338, 0.3455, -0.7650, -0.5208),
    "bullet_line_ratio": (0.0164, 0.0679, 0.1486, 0.5216),
    "ellipsis_line_ratio": (0.0114, 0.0559, 0.2179, -0.3028),
    "hash_ratio": (0.0096, 0.0390, 0.0039, -0.7868),
    "constant": (0.0, 1.0, -4.7730, -4.7848),
}
