"""Each call says on its own line which it is."""
import os

reader, writer = os.pipe()  # here: pipe
os.write(writer, b"x")  # here: write
os.close(writer)  # here: close
