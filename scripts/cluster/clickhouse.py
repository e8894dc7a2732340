"""Runs ClickHouse's command from its library: clickhouse.py LIBRARY FIFO ARGUMENTS… Ends with the process that started it.

The library's listeners live as long as a query, so a query reads from a FIFO into which nobody writes.

Its standard input is a terminal. Without one, this version ends with SIGABRT as soon as a connection is reset, for example
one between shards after a query over its limit (https://github.com/ClickHouse/ClickHouse/issues/115666)."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
library, fifo, *arguments = sys.argv[1:]

parent = os.getppid()
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
if os.getppid() != parent:
    sys.exit("clickhouse.py: its parent has ended")
if not os.path.exists(fifo):
    os.mkfifo(fifo)

_, terminal = os.openpty()
os.dup2(terminal, 0)

query = ctypes.CDLL(library).query_stable_v2
query.restype = ctypes.c_void_p
argv = [b"clickhouse", b"--interactive", *(argument.encode() for argument in arguments)]
query(len(argv), (ctypes.c_char_p * len(argv))(*argv))
sys.exit("clickhouse.py: the server has ended")
