# A TCP server, a worker, a client.
import os, socket

s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(5)
if os.fork() == 0:           # the client
    c = socket.socket()
    c.connect(s.getsockname())
    text = c.recv(64).decode()
    print("read", text, flush=True)
    n = len(c.recv(64))      # waits
    print("read", n, flush=True)
    os._exit(0)
a, _ = s.accept()
if os.fork() == 0:           # the worker
    s.close()
    a.send(b"hello")
    a.close()
    os._exit(0)
os.wait()                    # the worker
a.shutdown(socket.SHUT_WR)
a.close()
os.wait()
