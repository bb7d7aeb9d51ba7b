# A new descriptor takes the lowest slot.
import os

a = os.pipe()
print("pipe:", *a)
os.close(a[0])               # 3 is free
b = os.pipe()
print("pipe:", *b)
os.close(a[1])               # 4 is free
print("dup:", os.dup(b[1]))
os.close(0)                  # 0 is free
print("dup:", os.dup(b[0]))
try:
    os.close(42)
except OSError:              # EBADF
    print("42 is not open")
print("dup2:", os.dup2(b[0], 9))
