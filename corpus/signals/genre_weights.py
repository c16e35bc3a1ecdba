"""Weights of the genre scores; written by bench/fit_genre.py.

Feature: mean and standard deviation over its documents, weight in the score for catalogues and in
the score for advertising mail. Fitted to numbers only: no word of any text is in here.
"""

from __future__ import annotations

__all__ = ["WEIGHTS"]

WEIGHTS: dict[str, tuple[float, float, float, float]] = {
    "words_per_line": (3.0333, 0.7679, -5.2773, 0.3956),
    "line_words_deviation": (0.6982, 0.2684, 2.2657, 0.7984),
    "open_word_ratio": (0.4048, 0.3609, -0.6375, 2.3713),
    "loose_word_ratio": (0.3084, 0.2942, 2.1065, -0.5593),
    "paragraph_word_ratio": (0.3818, 0.3410, 0.4566, -0.1392),
    "comma_ratio": (0.2089, 0.1062, -0.8955, -0.2513),
    "quote_ratio": (0.0903, 0.1222, -1.0008, -1.1215),
    "bracket_ratio": (0.0876, 0.1162, 0.6382, -1.2262),
    "exclamation_ratio": (0.0313, 0.0590, -0.4973, 1.5618),
    "mean_line_length": (4.4270, 0.8228, -0.6776, 2.3286),
    "longest_line_length": (5.1938, 0.8706, 0.0547, -1.4107),
    "words_per_sentence": (2.9943, 0.6842, -0.8009, 0.2343),
    "compression_ratio": (0.8332, 0.0928, -1.3873, 1.1231),
    "prose_line_ratio": (0.6907, 0.3530, 0.5946, 0.5762),
    "placeholder_ratio": (0.0314, 0.0947, 1.8690, 1.5492),
    "numbered_line_ratio": (0.0214, 0.0925, -0.6976, -0.5098),
    "newline_ratio": (0.3114, 0.1647, -3.8464, 0.8912),
    "digit_ratio": (0.0550, 0.0780, -0.4916, 1.8709),
    "symbol_ratio": (0.0236, 0.0669, 1.0065, 1.4716),
    "special_ratio": (0.1966, 0.0804, -0.2926, 0.4081),
    "url_word_ratio": (0.0104, 0.0374, 0.1752, 1.2515),
    "capital_word_ratio": (0.0715, 0.1025, 0.0722, 1.1328),
    "letter_word_ratio": (0.9892, 0.0253, 0.3905, 1.2492),
    "mixed_word_ratio": (0.0244, 0.0845, -0.0136, 0.1889),
    "terminal_line_ratio": (0.7306, 0.3304, 0.4740, 0.1734),
    "short_line_ratio": (0.3338, 0.3455, -0.5818, -0.5609),
    "bullet_line_ratio": (0.0164, 0.0679, 0.1300, 0.5306),
    "ellipsis_line_ratio": (0.0114, 0.0559, 0.2013, -0.3256),
    "hash_ratio": (0.0096, 0.0390, -0.0198, -0.7954),
    "constant": (0.0, 1.0, -4.7911, -4.8227),
}
