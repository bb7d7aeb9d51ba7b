# The lesson's program: Enter makes each line.
import sys
from multiprocessing import get_context

ctx = get_context("fork")
duplex = sys.argv[-1] != "False"

def work(mine, other):      # the child
    other.close()
    if duplex:
        text = mine.recv()
        print(f"\nchild got {text}", flush=True)
    mine.send(42)

input(f">>> Pipe({duplex})")
parent, child = ctx.Pipe(duplex)
if duplex:
    input('>>> parent.send("hi")')
    parent.send("hi")
input(">>> p.start()")
p = ctx.Process(
    target=work, args=(child, parent))
p.start()
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
