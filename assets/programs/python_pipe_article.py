# A child receives until the end of file.
from multiprocessing import get_context

ctx = get_context("fork")

def receive(mine, other):
    other.close()           # else: no end
    count = 0
    while True:
        try:
            mine.recv()
        except EOFError:
            break
        count += 1
    print("received", count)

if __name__ == "__main__":
    parent, child = ctx.Pipe(True)
    p = ctx.Process(
        target=receive,
        args=(child, parent))
    p.start()
    child.close()
    for number in range(1000):
        parent.send(number)
    parent.close()
    p.join()
