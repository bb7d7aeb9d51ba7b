# 4096 bytes stay whole; 4097 may not.
import os, re

def writer(letter, n):
    for _ in range(200):
        os.write(w, letter * n)
    os._exit(0)

r, w = os.pipe()         # 3 reads, 4 writes
if os.fork() == 0: writer(b"a", 4097)
if os.fork() == 0: writer(b"b", 4096)
os.close(w)
text = b""
while more := os.read(r, 4096):
    text += more

def torn(letter, n):     # runs not whole
    runs = re.findall(letter + b"+", text)
    return sum(len(x) % n > 0 for x in runs)

print("4097:", torn(b"a", 4097), "torn")
print("4096:", torn(b"b", 4096), "torn")
