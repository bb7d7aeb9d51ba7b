# The parent keeps its copy of the child's end: recv in the child never hears of the end.
import multiprocessing as mp
import os
import sys


def child(own, other):
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    own.recv()


if __name__ == "__main__":
    mp.set_start_method("fork")
    a, b = mp.Pipe(sys.argv[1] == "duplex")
    process = mp.Process(target=child, args=(a, b))
    process.start()
    # The first end is the child's alone; the second both have.
    a.close()
    print("parent", os.getpid(), "child", process.pid, flush=True)
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    process.join()
