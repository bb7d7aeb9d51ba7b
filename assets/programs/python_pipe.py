# What multiprocessing's Pipe sends.
from multiprocessing import get_context

ctx = get_context("fork")

def work(mine, other):      # the child
    other.close()
    text = mine.recv()
    print("child got", text, flush=True)
    mine.send(42)

parent, child = ctx.Pipe()  # duplex=True
p = ctx.Process(
    target=work, args=(child, parent))
p.start()
child.close()
parent.send("hi")
n = parent.recv()
print("parent got", n)
try:
    parent.recv()
except EOFError:
    print("end of file")
p.join()
