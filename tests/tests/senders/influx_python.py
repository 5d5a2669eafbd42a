"""InfluxDB's Python client writes beats in line protocol until it is told to end.

Arguments: URL, token. Prints what became of each batch: `taken N` or `given-up N`.
"""

import re
import signal
import sys
import threading
import time

from influxdb_client import InfluxDBClient, WriteOptions

SERIES = 10
OPTIONS = WriteOptions(
    batch_size=SERIES,
    flush_interval=1000,
    retry_interval=1000,
    max_retry_delay=5000,
    max_retry_time=180_000,
    max_retries=50,
    exponential_base=2,
)


def say(word):
    def of(_conf, data, *_error):
        for beat in sorted(set(re.findall(rb"value=(\d+)", data if isinstance(data, bytes) else data.encode()))):
            print(word, int(beat), flush=True)

    return of


def main(url: str, token: str) -> None:
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with InfluxDBClient(url=url, token=token, org="any") as client:
        with client.write_api(
            write_options=OPTIONS, success_callback=say("taken"), error_callback=say("given-up")
        ) as writer:
            beat = 0
            while not ended.wait(1):
                at_ns = time.time_ns()
                lines = [f"beat,host=influx-host,n={n} value={beat} {at_ns}" for n in range(SERIES)]
                writer.write(bucket="any", record=lines)
                beat += 1


main(*sys.argv[1:])
