# Each waits for the other, for ever.
from multiprocessing import get_context

def report(r, w):        # the child
    r.close()
    w.send_bytes(b"x" * 70000)    # blocks

def main():
    mp = get_context("fork")
    r, w = mp.Pipe(False)         # 3, 4
    p = mp.Process(target=report, args=(r, w))
    p.start()                     # forks
    w.close()                     # the parent
    p.join()     # waits: blocks
    data = r.recv_bytes()         # reads
    print("read", len(data), "bytes")

main()
