# wait() before the output is read: the child cannot write all it has.
import os
import subprocess
import sys

child = subprocess.Popen([sys.executable, "-c", "import os; os.write(1, b'x' * 100000)"], stdout=subprocess.PIPE)
print("parent", os.getpid(), "child", child.pid, flush=True)
os.dup2(os.open(os.devnull, os.O_RDWR), 1)
child.wait()
