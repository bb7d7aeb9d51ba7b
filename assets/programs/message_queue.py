# A queue of messages with priorities.
# Python has none of its own: C's it is.
import os
from ctypes import *
c = CDLL(None, use_errno=True)

def receive(q, room):
    buf, p = (c_char * 32)(), c_uint()
    n = c.mq_receive(q, buf, room, byref(p))
    if n == -1:
        text = os.strerror(get_errno())
        print("receive:", text, flush=True)
        return
    text = buf.raw[:n].decode()
    print(p.value, text, flush=True)

name = b"/jobs-%d" % os.getpid()
sizes = (c_long * 8)(0, 4, 32)
flags = os.O_RDWR | os.O_CREAT
q = c.mq_open(name, flags, 0o600, sizes)
c.mq_send(q, b"low", 3, 1)
c.mq_send(q, b"urgent", 6, 9)
c.mq_send(q, b"later", 5, 1)
if os.fork() == 0:
    q = c.mq_open(name, os.O_RDONLY)
    receive(q, 2)
    for i in range(5): receive(q, 32)
    os._exit(0)
c.mq_send(q, b"wake", 4, 0)
c.mq_close(q)
q = c.mq_open(name, os.O_WRONLY)
c.mq_send(q, b"last", 4, 0)
os.wait(), c.mq_unlink(name)
