"""The smallest program with a multiprocessing.Pipe, by the start method that is named; subprocess by another name."""
import multiprocessing
import os
import subprocess
import sys


def child(end):
    end.send(end.recv() * 2)
    end.close()


if __name__ == "__main__":
    if sys.argv[1] == "subprocess":
        done = subprocess.run(["sh", "-c", "read x; echo got $x; exit 3"], input=b"abc\n", stdout=subprocess.PIPE)
        print(done.stdout, done.returncode)
    else:
        context = multiprocessing.get_context(sys.argv[1])
        ours, theirs = context.Pipe()
        process = context.Process(target=child, args=(theirs,))
        process.start()
        ours.send("hi")
        print(ours.recv())
        process.join()
        print(process.exitcode)
