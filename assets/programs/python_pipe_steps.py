# Real python3: Enter makes each line.
import os, sys

def telling(name, call):    # tells of each
    def told(fd, what):
        done = call(fd, what)
        size, n = what, done
        if name == "read":
            n = len(done)
        else:
            size = len(what)
        said = f"{name}({fd}, {size}) = {n}"
        print(" ", said, flush=True)
        return done
    return told

os.read = telling("read", os.read)
os.write = telling("write", os.write)
# Connection makes its calls by these two.
from multiprocessing import get_context
from multiprocessing.connection import wait

def work(mine, other):      # the child
    other.close()
    if duplex:
        text = mine.recv()
        print("child got", text, flush=True)
    mine.send(42)

ctx = get_context("fork")
duplex = sys.argv[1] == "True"
input(f">>> Pipe({duplex})")
parent, child = ctx.Pipe(duplex)
if duplex:
    input('>>> parent.send("hi")')
    parent.send("hi")
input(">>> p.start()")
p = ctx.Process(
    target=work, args=(child, parent))
p.start()
wait([p.sentinel])          # it has ended
if "forget" not in sys.argv:
    input(">>> child.close()")
    child.close()
input(">>> parent.recv()")
print(parent.recv())
input(">>> parent.recv()")
try:
    print(parent.recv())
except EOFError:
    print("EOFError")
input(">>> p.join()")
p.join()
