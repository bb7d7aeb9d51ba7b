# One pipe is one way: two ways need two.
import os

ar, aw = os.pipe()       # 3 reads, 4 writes
if os.fork() == 0:
    os._exit(0)          # idle
os.write(aw, b"2+2?")
text = os.read(ar, 64).decode()
print("heard", text, flush=True)
os.wait()

br, bw = os.pipe()       # 5 reads, 6 writes
if os.fork() == 0:       # the worker
    os.close(aw)
    os.close(br)
    os.read(ar, 64)
    os.write(bw, b"4")
    os._exit(0)
os.close(ar)             # the parent
os.close(bw)
os.write(aw, b"2+2?")
text = os.read(br, 64).decode()
print("heard", text)
os.wait()
