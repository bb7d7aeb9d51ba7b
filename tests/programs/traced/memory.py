"""Python programs that share memory, to trace. Each says what the kernel says that it has mapped, one fact a line."""
import mmap
import multiprocessing
import os
import sys
from multiprocessing import shared_memory


def maps(when):
    # A call that stops a traced program and changes nothing: what is so by then is in the picture.
    os.kill(os.getpid(), 0)
    with open("/proc/self/maps") as file:
        shared = [line.rstrip("\n") for line in file if line.split()[1].endswith("s") and is_memory(line)]
    print("\n  ".join([f"maps {os.getpid()} {when}"] + shared), flush=True)


def is_memory(line):
    return any(place in line for place in ["/dev/shm/", "/memfd:", "/dev/zero", "/SYSV"])


def of_name(name):
    memory = shared_memory.SharedMemory(name=name)
    memory.buf[0] = 9
    maps("child")
    memory.close()
    maps("closed")


def of_values(value, array):
    value.value = 77
    array[1] = 3
    maps("child")


def named():
    memory = shared_memory.SharedMemory(create=True, size=100)
    maps("made")
    child = multiprocessing.Process(target=of_name, args=(memory.name,))
    child.start()
    child.join()
    print("byte", memory.buf[0], flush=True)
    memory.close()
    memory.unlink()
    maps("unlinked")


def values():
    value, array = multiprocessing.Value("q", 1), multiprocessing.Array("q", 3, lock=False)
    maps("made")
    child = multiprocessing.Process(target=of_values, args=(value, array))
    child.start()
    child.join()
    print("values", value.value, array[:], flush=True)
    maps("joined")


def anonymous():
    memory = mmap.mmap(-1, 4096)
    memory[:8] = (1).to_bytes(8, sys.byteorder)
    if os.fork() == 0:
        memory[:8] = (2).to_bytes(8, sys.byteorder)
        maps("child")
        os._exit(0)
    os.wait()
    maps("waited")
    memory.close()
    maps("closed")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        multiprocessing.set_start_method(sys.argv[2])
    {"named": named, "values": values, "anonymous": anonymous}[sys.argv[1]]()
