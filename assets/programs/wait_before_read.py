# Each waits for the other, for ever.
from multiprocessing import get_context

def report(r, w):        # the child
    r.close()
    w.send_bytes(b"x" * 70000)  # blocks

fork = get_context("fork")
r, w = fork.Pipe(False)  # 3 reads, 4 writes
p = fork.Process(None, report, args=(r, w))
p.start()                # forks
w.close()                # the parent
p.join()                 # waits: blocks
data = r.recv_bytes()    # reads
print("read", len(data), "bytes")
