"""Peers of the text methods on the same texts: jieba's characters and SnowNLP's
documents per second of processor time. Prints one JSON object.

    pip install jieba==0.42.1 snownlp==0.12.3
    python3 benches/text_peers.py TEXTS
"""

import json
import logging
import sys
import time


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        texts = [line.rstrip("\n") for line in file if line.strip()]
    import jieba
    from snownlp import SnowNLP

    jieba.setLogLevel(logging.ERROR)
    jieba.lcut("好")
    SnowNLP("好").sentiments
    start = time.process_time()
    for text in texts:
        jieba.lcut(text)
    jieba_s = time.process_time() - start
    some = texts[:400]
    start = time.process_time()
    for text in some:
        SnowNLP(text).sentiments
    snownlp_s = time.process_time() - start
    print(
        json.dumps(
            {
                "jieba": jieba.__version__,
                "jieba_characters_per_s": sum(map(len, texts)) / jieba_s,
                "snownlp_texts_per_s": len(some) / snownlp_s,
                "texts": len(texts),
                "snownlp_texts": len(some),
            }
        )
    )


if __name__ == "__main__":
    main()
