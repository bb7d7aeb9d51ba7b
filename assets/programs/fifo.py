# fifo &  then  fifo hi  and  fifo again
import os, sys

if sys.argv[1:]:               # a writer
    w = os.open("talk", os.O_WRONLY)
    os.write(w, sys.argv[1].encode())
    os.close(w)
    sys.exit()
os.mkfifo("talk", 0o600)       # the reader
r = os.open("talk", os.O_RDONLY)  # blocks
while data := os.read(r, 64):
    print("read", data.decode(), flush=True)
print("read returned 0", flush=True)
more = os.open("talk", os.O_RDONLY)  # waits
os.close(more)
data = os.read(r, 64)        # 3 works again
print("read", data.decode())
os.unlink("talk")
